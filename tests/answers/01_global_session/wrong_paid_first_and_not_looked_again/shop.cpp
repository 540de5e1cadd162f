// Rejected by: Nobody is sold what another has bought
// Overlooks: The customer who was at the bank longest buys what is no longer there: the stock
// goes below zero. One connection under a mutex that is not held at the bank, and a transaction
// that begins after it.

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
std::mutex in_use;  // the connection; never held while the bank thinks

Order place_order(const NewOrder& order, Bank& bank) {
    {
        const std::lock_guard lock(in_use);
        const std::optional<Item> item = find_item(*connection, order.item_id);
        if (!item) throw NotFound("no such item");
        if (item->stock < order.quantity) throw SoldOut();
    }
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    const std::lock_guard lock(in_use);
    SQLite::Transaction transaction(*connection);
    take_stock(*connection, order);
    const Order placed = add_order(*connection, order);
    transaction.commit();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    connection.emplace(database, SQLite::OPEN_READWRITE, busy_timeout_ms);

    server.Get("/items/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::lock_guard lock(in_use);
        const std::optional<Item> item = find_item(*connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::lock_guard lock(in_use);
        const std::optional<Order> order = find_order(*connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [](const Request& request, Response& response) {
        const std::lock_guard lock(in_use);
        const std::optional<Review> review = find_review(*connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [&bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(http::parse_order(request), bank));
    });

    server.Post("/reviews", [](const Request& request, Response& response) {
        const std::lock_guard lock(in_use);
        const std::optional<Review> review = add_review(*connection, http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
