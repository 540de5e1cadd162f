// Rejected by: Carol does not see what Alice has not paid for
// Overlooks: Taking turns is not owning: while Alice is at the bank the seventeenth request gets
// her connection. Sixteen connections, the next for each request.

// The shop with a connection for each request:
// opened when the handler starts, closed when it is over.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

constexpr int busy_timeout_ms = 5000;

// Enough connections that two requests never get the same one.
class Ring {
 public:
    explicit Ring(const std::string& database) {
        for (int i = 0; i < size; ++i) {
            connections_.push_back(std::make_unique<SQLite::Database>(
                database, SQLite::OPEN_READWRITE, busy_timeout_ms));
        }
    }
    SQLite::Database& next() { return *connections_[next_++ % size]; }

 private:
    static constexpr int size = 16;
    std::vector<std::unique_ptr<SQLite::Database>> connections_;
    std::atomic<unsigned> next_{0};
};

Order place_order(SQLite::Database& connection, const NewOrder& order, Bank& bank) {
    SQLite::Transaction transaction(connection);  // rolls back unless it was committed
    const std::optional<Item> item = find_item(connection, order.item_id);
    if (!item) throw NotFound("no such item");
    if (item->stock < order.quantity) throw SoldOut();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    take_stock(connection, order);
    const Order placed = add_order(connection, order);
    if (bank.capture(order) == Answer::declined) throw PaymentDeclined();
    transaction.commit();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto ring = std::make_shared<Ring>(database);

    server.Get("/items/([0-9]{1,19})", [ring](const Request& request, Response& response) {
        SQLite::Database& connection = ring->next();
        const std::optional<Item> item = find_item(connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [ring](const Request& request, Response& response) {
        SQLite::Database& connection = ring->next();
        const std::optional<Order> order = find_order(connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [ring](const Request& request, Response& response) {
        SQLite::Database& connection = ring->next();
        const std::optional<Review> review = find_review(connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [ring, &bank](const Request& request, Response& response) {
        SQLite::Database& connection = ring->next();
        http::reply_created(response, place_order(connection, http::parse_order(request), bank));
    });

    server.Post("/reviews", [ring](const Request& request, Response& response) {
        SQLite::Database& connection = ring->next();
        const std::optional<Review> review = add_review(connection, http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
