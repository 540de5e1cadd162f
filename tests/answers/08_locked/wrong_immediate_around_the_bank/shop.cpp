// Rejected by: Bob and Alice both get their teapots
// Rejected by: Eight customers meet at the bank and all are served
// Rejected by: Nothing is open while the bank thinks
// Overlooks: The write lock is the whole database's, and the bank holds it.

// An order in one transaction that takes the write lock before it reads.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "http/json.hpp"
#include "reservations.hpp"
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
