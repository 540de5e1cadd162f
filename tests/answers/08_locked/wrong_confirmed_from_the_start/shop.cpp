// Rejected by: Nobody is shown an order that is not paid
// Overlooks: An order that is still to be paid looks like one that is: it can be looked up, counted
// and shipped.

// Writes the order down at once, charges, and deletes it when it was not paid.
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

void undo(SQLite::Database& connection, const Order& order) {
    SQLite::Statement give_back(connection, "UPDATE items SET stock = stock + ? WHERE id = ?");
    give_back.bind(1, order.quantity);
    give_back.bind(2, order.item_id);
    give_back.exec();
    SQLite::Statement remove(connection, "DELETE FROM orders WHERE id = ?");
    remove.bind(1, order.id);
    remove.exec();
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    const Order placed = unit_of_work(engine, [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        take_stock(connection, order);
        return add_order(connection, order);
    });
    try {
        if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
    } catch (...) {
        unit_of_work(engine, [&](SQLite::Database& connection) { undo(connection, placed); });
        throw;
    }
    return placed;
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
