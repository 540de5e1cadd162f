// Rejected by: Bob and Alice both get their teapots
// Rejected by: Eight customers meet at the bank and all are served
// Overlooks: Nothing is stale and nothing is locked, and a slow bank closes the shop for everybody
// else. Another process does not know the mutex.

// One order after the other.
#include <httplib.h>

#include <mutex>
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

std::mutex one_at_a_time;

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const std::lock_guard lock(one_at_a_time);
    const auto look = [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
    };
    unit_of_work(engine, look);
    if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
    return unit_of_work(engine, [&](SQLite::Database& connection) {
        look(connection);
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
