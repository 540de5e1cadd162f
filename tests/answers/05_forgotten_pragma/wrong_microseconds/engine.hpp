// Rejected by: An order waits for its turn to write
// Rejected by: A review waits for its turn to write
// Overlooks: A busy timeout is in milliseconds: five million of them are 83 minutes.

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
        SQLite::Database connection(database_, SQLite::OPEN_READWRITE, busy_timeout);
        connection.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
        return connection;
    }

 private:
    static constexpr int busy_timeout = 5'000'000;  // five seconds
    std::string database_;
};

}  // namespace shop
