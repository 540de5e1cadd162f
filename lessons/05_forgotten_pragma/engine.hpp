// Knows the shop's database and opens the connections to it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace shop {

// Knows where the database is and how this shop talks to it. A value: copies open connections to
// the same file. Thread safe.
class Engine {
 public:
    // Opens the database with the settings that this shop relies on. Throws SQLite::Exception, and
    // std::runtime_error when SQLite did not take the settings.
    explicit Engine(std::string database) : database_(std::move(database)) {
        SQLite::Database connection(database_, SQLite::OPEN_READWRITE, busy_timeout_ms);
        connection.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
        if (connection.execAndGet("PRAGMA foreign_keys").getInt() != 1 ||
            connection.execAndGet("PRAGMA busy_timeout").getInt() != busy_timeout_ms)
            throw std::runtime_error("this SQLite does not take the shop's settings");
    }

    // A connection, in no transaction. Throws SQLite::Exception.
    SQLite::Database connect() const { return SQLite::Database(database_, SQLite::OPEN_READWRITE); }

 private:
    static constexpr int busy_timeout_ms = 5000;
    std::string database_;
};

}  // namespace shop
