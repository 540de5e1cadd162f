// A session on one of the engine's connections, and the dependency that hands it to a handler.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "earlier/03_yield/scoped.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// One connection, inside a transaction from the start. Closing it rolls back what was not
// committed. Neither copied nor moved; used by one thread at a time. Everything throws
// SQLite::Exception.
class Session {
 public:
    explicit Session(const Engine& engine) : connection_(engine.connect()) {
        connection_.exec("BEGIN");
    }

    SQLite::Database& connection() { return connection_; }

    void commit() { connection_.exec("COMMIT"); }

    // Does nothing when no transaction is open: SQLite may have rolled back by itself.
    void rollback() {
        if (sqlite3_get_autocommit(connection_.getHandle()) == 0) connection_.exec("ROLLBACK");
    }

 private:
    SQLite::Database connection_;
};

// A handler's session. The handler commits; what it did not commit is rolled back.
inline Scoped<Session> get_session(Engine engine) {
    Session session(engine);
    try {
        co_yield session;
        session.rollback();
    } catch (...) {
        session.rollback();
        throw;
    }
}

}  // namespace shop
