// Rejected by: A customer who is told 404 leaves no connection behind
// Rejected by: A customer who cannot buy leaves no connection behind
// Rejected by: A customer who writes nonsense leaves no connection behind
// Rejected by: A customer whose order breaks off leaves no connection behind
// Rejected by: A customer who is served leaves no connection behind
// Overlooks: The customer has her reply while her connection, and her transaction, are still open;
// how long is up to a thread that may be behind. Under load it is behind. Every connection is
// closed by a thread that has nothing else to do, a little later.

// The shop with a connection for each request. Whichever way a handler ends, its connection ends
// with it: it is a value in the handler's own scope.
#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

// A thread that closes what requests leave behind.
class Reaper {
 public:
    Reaper() : thread_([this] { run(); }) {}
    Reaper(const Reaper&) = delete;
    Reaper& operator=(const Reaper&) = delete;
    ~Reaper() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    void take(std::unique_ptr<SQLite::Database> connection) {
        {
            const std::lock_guard lock(mutex_);
            dead_.push_back(std::move(connection));
        }
        changed_.notify_all();
    }

 private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!over_) {
            changed_.wait(lock, [this] { return over_ || !dead_.empty(); });
            dead_.clear();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<SQLite::Database>> dead_;
    bool over_ = false;
    std::thread thread_;
};

Reaper& reaper() {
    static Reaper instance;
    return instance;
}

struct ToTheReaper {
    void operator()(SQLite::Database* connection) const {
        reaper().take(std::unique_ptr<SQLite::Database>(connection));
    }
};

std::unique_ptr<SQLite::Database, ToTheReaper> open_connection(const std::string& database) {
    constexpr int busy_timeout_ms = 5000;
    return std::unique_ptr<SQLite::Database, ToTheReaper>(
        new SQLite::Database(database, SQLite::OPEN_READWRITE, busy_timeout_ms));
}

void show_item(const Request& request, Response& response, const std::string& database) {
    const auto connection = open_connection(database);
    const std::optional<Item> item = find_item(*connection, http::parse_id(request));
    if (!item) return http::reply_error(response, 404, "no such item");
    http::reply(response, *item);
}

void show_order(const Request& request, Response& response, const std::string& database) {
    const auto connection = open_connection(database);
    const std::optional<Order> order = find_order(*connection, http::parse_id(request));
    if (!order) return http::reply_error(response, 404, "no such order");
    http::reply(response, *order);
}

void show_review(const Request& request, Response& response, const std::string& database) {
    const auto connection = open_connection(database);
    const std::optional<Review> review = find_review(*connection, http::parse_id(request));
    if (!review) return http::reply_error(response, 404, "no such review");
    http::reply(response, *review);
}

void place_order(const Request& request, Response& response, const std::string& database,
                 Bank& bank) {
    const auto connection = open_connection(database);
    const NewOrder order = http::parse_order(request);
    connection->exec("BEGIN");  // a connection that is closed inside its transaction rolls it back
    const std::optional<Item> item = find_item(*connection, order.item_id);
    if (!item) return http::reply_error(response, 404, "no such item");
    if (item->stock < order.quantity) return http::reply_error(response, 409, "sold out");
    if (bank.authorize(order) == Answer::declined) {
        return http::reply_error(response, 402, "payment declined");
    }
    take_stock(*connection, order);
    const Order placed = add_order(*connection, order);
    connection->exec("COMMIT");
    http::reply_created(response, placed);
}

void write_review(const Request& request, Response& response, const std::string& database) {
    const auto connection = open_connection(database);
    const std::optional<Review> review = add_review(*connection, http::parse_review(request));
    if (!review) return http::reply_error(response, 404, "no such item");
    http::reply_created(response, *review);
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        show_item(request, response, database);
    });
    server.Get("/orders/([0-9]{1,19})", [database](const Request& request, Response& response) {
        show_order(request, response, database);
    });
    server.Get("/reviews/([0-9]{1,19})", [database](const Request& request, Response& response) {
        show_review(request, response, database);
    });
    server.Post("/orders", [database, &bank](const Request& request, Response& response) {
        place_order(request, response, database, bank);
    });
    server.Post("/reviews", [database](const Request& request, Response& response) {
        write_review(request, response, database);
    });
}

}  // namespace shop
