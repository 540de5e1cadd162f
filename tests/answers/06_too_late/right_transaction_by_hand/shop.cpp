// The shop whose handlers open, commit and close by hand, in a block that ends before the reply.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <string>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

Order place_order(SQLite::Database& connection, const NewOrder& order, Bank& bank) {
    const Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < order.quantity) throw SoldOut();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    take_stock(connection, order);
    Order placed = add_order(connection, order);
    if (!order.gift_for.empty()) add_gift(connection, placed.id, order.gift_for);
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    return placed;
}

// Rolls back when `work` throws and when the COMMIT does: the transaction's destructor.
template <typename Work>
auto transact(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    SQLite::Transaction transaction(connection);
    auto result = work(connection);
    transaction.commit();
    return result;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const Engine engine(database);

    server.Get("/items/([0-9]{1,19})", [engine](const Request& request, Response& response) {
        SQLite::Database connection = engine.connect();
        http::reply(response,
                    found(find_item(connection, http::parse_id(request)), "no such item"));
    });

    server.Get("/orders/([0-9]{1,19})", [engine](const Request& request, Response& response) {
        SQLite::Database connection = engine.connect();
        http::reply(response,
                    found(find_order(connection, http::parse_id(request)), "no such order"));
    });

    server.Get("/reviews/([0-9]{1,19})", [engine](const Request& request, Response& response) {
        SQLite::Database connection = engine.connect();
        http::reply(response,
                    found(find_review(connection, http::parse_id(request)), "no such review"));
    });

    server.Post("/orders", [engine, &bank](const Request& request, Response& response) {
        const Order order = transact(engine, [&](SQLite::Database& connection) {
            return place_order(connection, http::parse_order(request), bank);
        });
        http::reply_created(response, order);
    });

    server.Post("/reviews", [engine](const Request& request, Response& response) {
        const Review review = transact(engine, [&](SQLite::Database& connection) {
            return found(add_review(connection, http::parse_review(request)), "no such item");
        });
        http::reply_created(response, review);
    });
}

}  // namespace shop
