// A session that begins a transaction when it is opened, the engine that opens it, and the
// dependency that hands it to a handler.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

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

    SQLite::Database& connection() { return connection_; }

    void commit() { connection_.exec("COMMIT"); }

    // Does nothing when no transaction is open: SQLite may have rolled back by itself.
    void rollback() {
        if (sqlite3_get_autocommit(connection_.getHandle()) == 0) connection_.exec("ROLLBACK");
    }

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
    try {
        co_yield session;
        session.commit();
    } catch (...) {
        session.rollback();
        throw;
    }
}

}  // namespace shop
