// Rejected by: An order that the bank broke off does not spoil the next one
// Overlooks: Until the worker's next request the broken order's transaction stays open, with the
// write lock of the whole file: the other workers cannot write. A connection for each worker,
// rolled back when the next request begins.

// The shop with a connection for each request:
// opened when the handler starts, closed when it is over.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>
#include <sqlite3.h>

#include <optional>
#include <string>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

constexpr int busy_timeout_ms = 5000;

std::string file;

// This worker's connection, as good as new.
SQLite::Database* clean_connection() {
    thread_local SQLite::Database database(file, SQLite::OPEN_READWRITE, busy_timeout_ms);
    if (sqlite3_get_autocommit(database.getHandle()) == 0) database.exec("ROLLBACK");
    return &database;
}

Order place_order(const NewOrder& order, Bank& bank) {
    SQLite::Database* connection = clean_connection();
    connection->exec("BEGIN");
    const std::optional<Item> item = find_item(*connection, order.item_id);
    if (!item) {
        connection->exec("ROLLBACK");
        throw NotFound("no such item");
    }
    if (item->stock < order.quantity) {
        connection->exec("ROLLBACK");
        throw SoldOut();
    }
    if (bank.authorize(order) == Answer::declined) {
        connection->exec("ROLLBACK");
        throw PaymentDeclined();
    }
    take_stock(*connection, order);
    const Order placed = add_order(*connection, order);
    if (bank.capture(order) == Answer::declined) {
        connection->exec("ROLLBACK");
        throw PaymentDeclined();
    }
    connection->exec("COMMIT");
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    file = database;

    server.Get("/items/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Item> item = find_item(*clean_connection(), http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Order> order = find_order(*clean_connection(), http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Review> review =
            find_review(*clean_connection(), http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [&bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(http::parse_order(request), bank));
    });

    server.Post("/reviews", [](const Request& request, Response& response) {
        const std::optional<Review> review =
            add_review(*clean_connection(), http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
