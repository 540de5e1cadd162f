// Rejected by: Alice's second tab can order while her first is at the bank
// Overlooks: One customer has two tabs, or a family one card: her second order finds her first
// one's transaction open. A connection for each card.

// The shop with a connection for each request:
// opened when the handler starts, closed when it is over.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

constexpr int busy_timeout_ms = 5000;

SQLite::Database open_connection(const std::string& database) {
    return SQLite::Database(database, SQLite::OPEN_READWRITE, busy_timeout_ms);
}

// Who pays with the same card is the same customer.
class ConnectionsByCard {
 public:
    explicit ConnectionsByCard(std::string database) : database_(std::move(database)) {}
    SQLite::Database& of(const std::string& card) {
        const std::lock_guard lock(mutex_);
        auto& connection = connections_[card];
        if (!connection) {
            connection = std::make_unique<SQLite::Database>(database_, SQLite::OPEN_READWRITE,
                                                            busy_timeout_ms);
        }
        return *connection;
    }

 private:
    std::mutex mutex_;
    std::string database_;
    std::map<std::string, std::unique_ptr<SQLite::Database>> connections_;
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

    const auto connections = std::make_shared<ConnectionsByCard>(database);

    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        SQLite::Database connection = open_connection(database);
        const std::optional<Item> item = find_item(connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [database](const Request& request, Response& response) {
        SQLite::Database connection = open_connection(database);
        const std::optional<Order> order = find_order(connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [database](const Request& request, Response& response) {
        SQLite::Database connection = open_connection(database);
        const std::optional<Review> review = find_review(connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [connections, &bank](const Request& request, Response& response) {
        const NewOrder order = http::parse_order(request);
        http::reply_created(response, place_order(connections->of(order.card), order, bank));
    });

    server.Post("/reviews", [database](const Request& request, Response& response) {
        SQLite::Database connection = open_connection(database);
        const std::optional<Review> review = add_review(connection, http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
