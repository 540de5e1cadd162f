// The shop on SQLite's own C API: a connection for each request.
#include <httplib.h>
#include <sqlite3.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "http/json.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

class Connection {
 public:
    explicit Connection(const std::string& database) {
        if (sqlite3_open_v2(database.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                            nullptr) != SQLITE_OK) {
            const std::string why = sqlite3_errmsg(db_);
            sqlite3_close(db_);
            throw std::runtime_error(why);
        }
        sqlite3_busy_timeout(db_, 5000);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { sqlite3_close(db_); }
    sqlite3* get() const { return db_; }
    void run(const char* sql) {
        if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
    }
    [[noreturn]] void fail() const { throw std::runtime_error(sqlite3_errmsg(db_)); }

 private:
    sqlite3* db_ = nullptr;
};

class Statement {
 public:
    Statement(Connection& connection, const char* sql) : connection_(connection) {
        if (sqlite3_prepare_v2(connection.get(), sql, -1, &statement_, nullptr) != SQLITE_OK)
            connection.fail();
    }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement() { sqlite3_finalize(statement_); }
    Statement& bind(int at, sqlite3_int64 value) {
        sqlite3_bind_int64(statement_, at, value);
        return *this;
    }
    Statement& bind(int at, const std::string& value) {
        sqlite3_bind_text(statement_, at, value.c_str(), -1, SQLITE_TRANSIENT);
        return *this;
    }
    bool step() {
        const int status = sqlite3_step(statement_);
        if (status != SQLITE_ROW && status != SQLITE_DONE) connection_.fail();
        return status == SQLITE_ROW;
    }
    sqlite3_int64 number(int at) { return sqlite3_column_int64(statement_, at); }
    std::string text(int at) {
        return reinterpret_cast<const char*>(sqlite3_column_text(statement_, at));
    }

 private:
    Connection& connection_;
    sqlite3_stmt* statement_ = nullptr;
};

std::optional<Item> item_of(Connection& connection, Id id) {
    Statement query(connection, "SELECT id, title, stock FROM items WHERE id = ?");
    if (!query.bind(1, id).step()) return std::nullopt;
    return Item{query.number(0), query.text(1), static_cast<int>(query.number(2))};
}

std::optional<Order> order_of(Connection& connection, Id id) {
    Statement query(connection, "SELECT id, item_id, quantity, card FROM orders WHERE id = ?");
    if (!query.bind(1, id).step()) return std::nullopt;
    return Order{query.number(0), query.number(1), static_cast<int>(query.number(2)),
                 query.text(3)};
}

std::optional<Review> review_of(Connection& connection, Id id) {
    Statement query(connection, "SELECT id, item_id, text FROM reviews WHERE id = ?");
    if (!query.bind(1, id).step()) return std::nullopt;
    return Review{query.number(0), query.number(1), query.text(2)};
}

Order place_order(Connection& connection, const NewOrder& order, Bank& bank) {
    connection.run("BEGIN");  // closing the connection rolls back what was not committed
    const auto item = item_of(connection, order.item_id);
    if (!item) throw NotFound("no such item");
    if (item->stock < order.quantity) throw SoldOut();
    if (bank.authorize(order) == Answer::declined) throw PaymentDeclined();
    Statement(connection, "UPDATE items SET stock = stock - ? WHERE id = ?")
        .bind(1, order.quantity)
        .bind(2, order.item_id)
        .step();
    Statement(connection, "INSERT INTO orders (item_id, quantity, card) VALUES (?, ?, ?)")
        .bind(1, order.item_id)
        .bind(2, order.quantity)
        .bind(3, order.card)
        .step();
    const Id id = sqlite3_last_insert_rowid(connection.get());
    connection.run("COMMIT");
    return {id, order.item_id, order.quantity, order.card};
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;
    server.Get("/items/([0-9]{1,19})", [database](const Request& request, Response& response) {
        Connection connection(database);
        const auto item = item_of(connection, http::parse_id(request));
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });
    server.Get("/orders/([0-9]{1,19})", [database](const Request& request, Response& response) {
        Connection connection(database);
        const auto order = order_of(connection, http::parse_id(request));
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });
    server.Get("/reviews/([0-9]{1,19})", [database](const Request& request, Response& response) {
        Connection connection(database);
        const auto review = review_of(connection, http::parse_id(request));
        if (!review) throw NotFound("no such review");
        http::reply(response, *review);
    });
    server.Post("/orders", [database, &bank](const Request& request, Response& response) {
        Connection connection(database);
        http::reply_created(response, place_order(connection, http::parse_order(request), bank));
    });
    server.Post("/reviews", [database](const Request& request, Response& response) {
        Connection connection(database);
        const NewReview review = http::parse_review(request);
        if (!item_of(connection, review.item_id)) throw NotFound("no such item");
        {
            Statement insert(connection, "INSERT INTO reviews (item_id, text) VALUES (?, ?)");
            insert.bind(1, review.item_id).bind(2, review.text).step();
        }
        const Id id = sqlite3_last_insert_rowid(connection.get());  // the connection is ours alone
        http::reply_created(response, Review{id, review.item_id, review.text});
    });
}

}  // namespace shop
