// Opens connections and configures each by SQLite's own functions, without a statement.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <poll.h>
#include <sqlite3.h>

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
        SQLite::Database connection(database_, SQLite::OPEN_READWRITE);
        connection.check(
            sqlite3_db_config(connection.getHandle(), SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr));
        connection.check(sqlite3_busy_handler(connection.getHandle(), wait, nullptr));
        return connection;
    }

 private:
    // SQLite asks after each refusal, and tries again until this says no.
    static int wait(void* /*context*/, int refusals) {
        poll(nullptr, 0, /*milliseconds=*/1);
        return refusals < 5000 ? 1 : 0;
    }

    std::string database_;
};

}  // namespace shop
