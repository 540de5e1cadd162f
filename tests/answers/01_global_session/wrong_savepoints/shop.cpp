// Rejected by: Bob's review survives Alice's declined card
// Rejected by: Carol does not see what Alice has not paid for
// Overlooks: Savepoints nest by time, not by customer: Bob's is opened inside Alice's, so rolling
// hers back takes his along. One connection, and every request in a savepoint of its own.

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

std::optional<SQLite::Database> connection;

Order place_order(const NewOrder& order, Bank& bank) {
    connection->exec("SAVEPOINT request");
    const std::optional<Item> item = find_item(*connection, order.item_id);
    if (!item) {
        connection->exec("ROLLBACK TO request; RELEASE request");
        throw NotFound("no such item");
    }
    if (item->stock < order.quantity) {
        connection->exec("ROLLBACK TO request; RELEASE request");
        throw SoldOut();
    }
    if (bank.authorize(order) == Answer::declined) {
        connection->exec("ROLLBACK TO request; RELEASE request");
        throw PaymentDeclined();
    }
    take_stock(*connection, order);
    const Order placed = add_order(*connection, order);
    if (bank.capture(order) == Answer::declined) {
        connection->exec("ROLLBACK TO request; RELEASE request");
        throw PaymentDeclined();
    }
    connection->exec("RELEASE request");
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    connection.emplace(database, SQLite::OPEN_READWRITE, busy_timeout_ms);

    server.Get("/items/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Item> item = find_item(*connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Order> order = find_order(*connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::optional<Review> review = find_review(*connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [&bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(http::parse_order(request), bank));
    });

    server.Post("/reviews", [](const Request& request, Response& response) {
        const NewReview written = http::parse_review(request);
        connection->exec("SAVEPOINT request");
        const std::optional<Review> review = add_review(*connection, written);
        connection->exec("RELEASE request");
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
