// Rejected by: An order that the bank broke off does not spoil the next one
// Overlooks: Not everything that is thrown is a std::exception: what is none leaves its transaction
// open on the worker's connection, for the next customer.

// The shop with a connection for each request:
// opened when the handler starts, closed when it is over.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <exception>
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

// A connection for each worker, rolled back when a request is over.
SQLite::Database& workers_connection(const std::string& database) {
    thread_local std::optional<SQLite::Database> connection;
    thread_local std::string of;
    if (of != database) {
        connection.emplace(database, SQLite::OPEN_READWRITE, busy_timeout_ms);
        of = database;
    }
    return *connection;
}

Order place_order(SQLite::Database& connection, const NewOrder& order, Bank& bank) {
    connection.exec("BEGIN");
    try {
        const std::optional<Item> item = find_item(connection, order.item_id);
        if (!item) throw NotFound("no such item");
        if (item->stock < order.quantity) throw SoldOut();
        if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
        take_stock(connection, order);
        const Order placed = add_order(connection, order);
        if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
        connection.exec("COMMIT");
        return placed;
    } catch (const std::exception&) {
        connection.tryExec("ROLLBACK");
        throw;
    }
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        SQLite::Database& connection = workers_connection(database);
        const std::optional<Item> item = find_item(connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [database](const Request& request, Response& response) {
        SQLite::Database& connection = workers_connection(database);
        const std::optional<Order> order = find_order(connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [database](const Request& request, Response& response) {
        SQLite::Database& connection = workers_connection(database);
        const std::optional<Review> review = find_review(connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [database, &bank](const Request& request, Response& response) {
        SQLite::Database& connection = workers_connection(database);
        http::reply_created(response, place_order(connection, http::parse_order(request), bank));
    });

    server.Post("/reviews", [database](const Request& request, Response& response) {
        SQLite::Database& connection = workers_connection(database);
        const std::optional<Review> review = add_review(connection, http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
