// Rejected by: An order for an item that does not exist is refused
// Rejected by: A review of an item that does not exist is refused
// Rejected by: Every connection heeds foreign keys
// Overlooks: What is configured is a connection, not a thread: the worker's second customer has a
// new one, and it is plain.

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

    // A connection that heeds foreign keys, waits for other connections' locks, and is in no
    // transaction. Throws SQLite::Exception.
    SQLite::Database connect() const {
        SQLite::Database connection(database_, SQLite::OPEN_READWRITE, busy_timeout_ms);
        thread_local bool is_configured = false;
        if (!is_configured) {
            connection.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
            is_configured = true;
        }
        return connection;
    }

 private:
    static constexpr int busy_timeout_ms = 5000;
    std::string database_;
};

}  // namespace shop
