// Opens connections, each configured before anybody gets to use it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

namespace shop {

// Knows where the database is and how this shop talks to it. A value: copies open connections to
// the same file. Thread safe.
class Engine {
 public:
    explicit Engine(std::string database) : database_(std::move(database)) {}

    // A connection that enforces foreign keys, waits for other connections' locks, and is in no
    // transaction. Throws SQLite::Exception.
    SQLite::Database connect() const {
        SQLite::Database connection(database_, SQLite::OPEN_READWRITE, busy_timeout_ms);
        connection.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
        return connection;
    }

 private:
    static constexpr int busy_timeout_ms = 5000;
    std::string database_;
};

}  // namespace shop
