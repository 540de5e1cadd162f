// Rejected by: An order for an item that does not exist is refused
// Rejected by: A review of an item that does not exist is refused
// Rejected by: An item that is taken out of the range is not sold any more
// Rejected by: Every connection heeds foreign keys
// Overlooks: Inside a transaction PRAGMA foreign_keys does nothing, and SQLite does not say so.

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

    // A connection that waits for other connections' locks and is in no transaction. Throws
    // SQLite::Exception.
    SQLite::Database connect() const {
        return SQLite::Database(database_, SQLite::OPEN_READWRITE, busy_timeout_ms);
    }

 private:
    static constexpr int busy_timeout_ms = 5000;
    std::string database_;
};

}  // namespace shop
