// Rejected by: Bob's review survives Alice's declined card
// Rejected by: Bob can order while Alice is at the bank
// Rejected by: Carol does not see what Alice has not paid for
// Overlooks: The mutex orders the statements, but what Alice rolls back is everything that the
// connection has done since her BEGIN, others' work too. Transaction state belongs to the
// connection. One connection, and a mutex around every statement.

// The shop with a connection for each request:
// opened when the handler starts, closed when it is over.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <mutex>
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

std::optional<SQLite::Database> connection;
std::mutex statement;  // one statement at a time

template <typename Statement>
auto alone(Statement run) {
    const std::lock_guard lock(statement);
    return run();
}

Order place_order(const NewOrder& order, Bank& bank) {
    alone([] { connection->exec("BEGIN"); });
    const std::optional<Item> item = alone([&] { return find_item(*connection, order.item_id); });
    if (!item) {
        alone([] { connection->exec("ROLLBACK"); });
        throw NotFound("no such item");
    }
    if (item->stock < order.quantity) {
        alone([] { connection->exec("ROLLBACK"); });
        throw SoldOut();
    }
    if (bank.authorize(order) == Answer::declined) {
        alone([] { connection->exec("ROLLBACK"); });
        throw PaymentDeclined();
    }
    alone([&] { take_stock(*connection, order); });
    const Order placed = alone([&] { return add_order(*connection, order); });
    if (bank.capture(order) == Answer::declined) {
        alone([] { connection->exec("ROLLBACK"); });
        throw PaymentDeclined();
    }
    alone([] { connection->exec("COMMIT"); });
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    connection.emplace(database, SQLite::OPEN_READWRITE, busy_timeout_ms);

    server.Get("/items/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Item> item =
            alone([&] { return find_item(*connection, http::parse_id(request)); });
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Order> order =
            alone([&] { return find_order(*connection, http::parse_id(request)); });
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Review> review =
            alone([&] { return find_review(*connection, http::parse_id(request)); });
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [&bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(http::parse_order(request), bank));
    });

    server.Post("/reviews", [](const Request& request, Response& response) {
        const std::optional<Review> review =
            alone([&] { return add_review(*connection, http::parse_review(request)); });
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
