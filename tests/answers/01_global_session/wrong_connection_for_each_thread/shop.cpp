// Rejected by: An order that the bank broke off does not spoil the next one
// Overlooks: The thread outlives the request: what one request leaves undone on the thread's
// connection, the next request on that worker finds. A connection for each worker thread.

// The shop with a connection for each request:
// opened when the handler starts, closed when it is over.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

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

std::string database_file;

SQLite::Database& connection_of_this_thread() {
    thread_local SQLite::Database connection(database_file, SQLite::OPEN_READWRITE,
                                             busy_timeout_ms);
    return connection;
}

Order place_order(const NewOrder& order, Bank& bank) {
    connection_of_this_thread().exec("BEGIN");
    const std::optional<Item> item = find_item(connection_of_this_thread(), order.item_id);
    if (!item) {
        connection_of_this_thread().exec("ROLLBACK");
        throw NotFound("no such item");
    }
    if (item->stock < order.quantity) {
        connection_of_this_thread().exec("ROLLBACK");
        throw SoldOut();
    }
    if (bank.authorize(order) == Answer::declined) {
        connection_of_this_thread().exec("ROLLBACK");
        throw PaymentDeclined();
    }
    take_stock(connection_of_this_thread(), order);
    const Order placed = add_order(connection_of_this_thread(), order);
    if (bank.capture(order) == Answer::declined) {
        connection_of_this_thread().exec("ROLLBACK");
        throw PaymentDeclined();
    }
    connection_of_this_thread().exec("COMMIT");
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    database_file = database;

    server.Get("/items/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Item> item =
            find_item(connection_of_this_thread(), http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Order> order =
            find_order(connection_of_this_thread(), http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Review> review =
            find_review(connection_of_this_thread(), http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [&bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(http::parse_order(request), bank));
    });

    server.Post("/reviews", [](const Request& request, Response& response) {
        const std::optional<Review> review =
            add_review(connection_of_this_thread(), http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
