// Rejected by: Goods that Alice has paid for are not sold to another
// Overlooks: A stock that is lower keeps the kettle for somebody. Whose it is stands nowhere until
// she has paid, and when that cannot be written down, it stands nowhere for good.

// The shop without transactions: each step is one statement that says itself under which condition
// it may write, and what follows undoes it when it has to.
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

namespace shop {
namespace {

// Adds `change` to the stock if that leaves it at zero or more. False: it would not.
bool change_stock(const Engine& engine, Id item, int change) {
    SQLite::Database connection = engine.connect();
    SQLite::Statement update(
        connection, "UPDATE items SET stock = stock + ?1 WHERE id = ?2 AND stock + ?1 >= 0");
    update.bind(1, change);
    update.bind(2, item);
    return update.exec() == 1;
}

Order place_order(const Engine& engine, const NewOrder& order, Bank& bank) {
    if (!change_stock(engine, order.item_id, -order.quantity)) {
        SQLite::Database connection = engine.connect();
        found(find_item(connection, order.item_id), "no such item");
        throw SoldOut();
    }
    bool paid = false;
    try {
        if (bank.charge(order) == Answer::declined) throw PaymentDeclined();
        paid = true;
        SQLite::Database connection = engine.connect();
        return add_order(connection, order);
    } catch (...) {
        if (!paid) change_stock(engine, order.item_id, order.quantity);
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
