// Connections that are kept and lent:
// each to one request at a time, and cleaned when it comes back.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>
#include <sqlite3.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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

class Connections {
 public:
    explicit Connections(std::string database) : database_(std::move(database)) {}

    using Session = std::unique_ptr<SQLite::Database>;

    Session take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                Session session = std::move(idle_.back());
                idle_.pop_back();
                return session;
            }
        }
        return std::make_unique<SQLite::Database>(database_, SQLite::OPEN_READWRITE,
                                                  busy_timeout_ms);
    }

    void give_back(Session session) {
        if (sqlite3_get_autocommit(session->getHandle()) == 0) session->exec("ROLLBACK");
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(session));
    }

 private:
    const std::string database_;
    std::mutex mutex_;
    std::vector<Session> idle_;
};

// Lends a connection to the rest of a block.
class Borrowed {
 public:
    explicit Borrowed(std::shared_ptr<Connections> connections)
        : connections_(std::move(connections)), connection_(connections_->take()) {}
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    ~Borrowed() { connections_->give_back(std::move(connection_)); }
    operator SQLite::Database&() { return *connection_; }

 private:
    std::shared_ptr<Connections> connections_;
    Connections::Session connection_;
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

    const auto connections = std::make_shared<Connections>(database);

    server.Get("/items/([0-9]{1,19})", [connections](const Request& request, Response& response) {
        Borrowed connection(connections);
        const std::optional<Item> item = find_item(connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [connections](const Request& request, Response& response) {
        Borrowed connection(connections);
        const std::optional<Order> order = find_order(connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Get("/reviews/([0-9]{1,19})", [connections](const Request& request, Response& response) {
        Borrowed connection(connections);
        const std::optional<Review> review = find_review(connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });

    server.Post("/orders", [connections, &bank](const Request& request, Response& response) {
        Borrowed connection(connections);
        http::reply_created(response, place_order(connection, http::parse_order(request), bank));
    });

    server.Post("/reviews", [connections](const Request& request, Response& response) {
        Borrowed connection(connections);
        const std::optional<Review> review = add_review(connection, http::parse_review(request));
        if (!review) throw NotFound("no such item");
        http::reply_created(response, *review);
    });
}

}  // namespace shop
