// Rejected by: A commit that fails is not told as a success
// Overlooks: A destructor cannot tell anybody that the commit failed: Alice is told 201, and
// nothing was.

// A session that begins a transaction when it is opened, the engine that opens it, and the
// dependency that hands it to a handler.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <exception>
#include <string>
#include <utility>

#include "scoped.hpp"

namespace shop {

// One connection, inside a transaction from the start. Closing it rolls back what was not
// committed. Neither copied nor moved; used by one thread at a time. Everything throws
// SQLite::Exception.
class Session {
 public:
    explicit Session(const std::string& database)
        : connection_(database, SQLite::OPEN_READWRITE, busy_timeout_ms) {
        connection_.exec("BEGIN");
    }

    // Commits on the way out, unless an exception is on its way as well.
    ~Session() {
        try {
            if (std::uncaught_exceptions() == 0) connection_.exec("COMMIT");
        } catch (const std::exception&) {
            // nobody can be told from here
        }
    }

    SQLite::Database& connection() { return connection_; }

 private:
    static constexpr int busy_timeout_ms = 5000;
    SQLite::Database connection_;
};

// Knows where the database is. A value: copies open sessions on the same file.
class Engine {
 public:
    explicit Engine(std::string database) : database_(std::move(database)) {}
    Session connect() const { return Session(database_); }

 private:
    std::string database_;
};

// A handler's session: committed when the handler returns, rolled back when it throws, closed in
// any case. The engine comes by value because a coroutine's frame keeps references as references.
inline Scoped<Session> get_session(Engine engine) {
    Session session = engine.connect();
    co_yield session;
}

}  // namespace shop
