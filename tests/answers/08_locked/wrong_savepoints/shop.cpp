// Rejected by: Bob and Alice both get their teapots
// Rejected by: Nothing is open while the bank thinks
// Overlooks: A savepoint outside a transaction begins one, and a deferred one.

// An order inside a savepoint instead of a transaction.
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
    SQLite::Database connection = engine.connect();
    connection.exec("SAVEPOINT an_order");
    try {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
        take_stock(connection, order);
        const Order placed = add_order(connection, order);
        connection.exec("RELEASE an_order");
        return placed;
    } catch (...) {
        connection.exec("ROLLBACK TO an_order; RELEASE an_order");
        throw;
    }
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
