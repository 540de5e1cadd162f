// A session, the function that opens its connection, and the dependency that hands it to a handler.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <string>

#include "earlier/03_yield/scoped.hpp"

namespace shop {

// A connection that heeds foreign keys and waits for other connections' locks.
inline SQLite::Database open_connection(const std::string& database) {
    SQLite::Database connection(database, SQLite::OPEN_READWRITE);
    connection.setBusyTimeout(5000);
    connection.exec("PRAGMA foreign_keys = ON");
    return connection;
}

class Session {
 public:
    explicit Session(const std::string& database) : connection_(open_connection(database)) {
        connection_.exec("BEGIN");
    }

    SQLite::Database& connection() { return connection_; }

    void commit() { connection_.exec("COMMIT"); }

    void rollback() {
        if (sqlite3_get_autocommit(connection_.getHandle()) == 0) connection_.exec("ROLLBACK");
    }

 private:
    SQLite::Database connection_;
};

inline Scoped<Session> get_session(std::string database) {
    Session session(database);
    try {
        co_yield session;
        session.commit();
    } catch (...) {
        session.rollback();
        throw;
    }
}

}  // namespace shop
