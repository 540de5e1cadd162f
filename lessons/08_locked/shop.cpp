// The shop in which an order is one unit of work: look, pay, take, write down.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    return unit_of_work(engine, [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
        take_stock(connection, order);
        return add_order(connection, order);
    });
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);
    add_catalogue<Session>(server, Injector([engine] { return get_session(engine); }));

    server.Post("/orders", [engine, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(engine, http::parse_order(request), bank));
    });
}

}  // namespace shop
