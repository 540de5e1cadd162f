// Rejected by: If two buy the last kettle, one gets it and the other pays nothing
// Overlooks: The second look is honest, and the card has been charged before it.

// The bank between two short transactions: look, pay, then look again and take.
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

Item look(SQLite::Database& connection, const NewOrder& order) {
    Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < order.quantity) throw SoldOut();
    return item;
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    unit_of_work(engine, [&](SQLite::Database& connection) { return look(connection, order); });
    if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
    return unit_of_work(engine, [&](SQLite::Database& connection) {
        look(connection, order);
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
