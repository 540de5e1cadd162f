// Opens connections. SQLite calls `configure` on each that this process opens, in any code, as
// SQLAlchemy does with those who listen for "connect".
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace shop {

struct sqlite3_api_routines;

// Knows where the database is. A value: copies open connections to the same file. Thread safe.
class Engine {
 public:
    // Throws std::runtime_error where SQLite takes no automatic extensions.
    explicit Engine(std::string database) : database_(std::move(database)) {
        if (sqlite3_auto_extension(reinterpret_cast<void (*)()>(&configure)) != SQLITE_OK)
            throw std::runtime_error("this SQLite takes no automatic extensions");
    }

    // A connection, configured, in no transaction. Throws SQLite::Exception.
    SQLite::Database connect() const { return SQLite::Database(database_, SQLite::OPEN_READWRITE); }

 private:
    static int configure(sqlite3* connection, const char**, const sqlite3_api_routines*) {
        sqlite3_busy_timeout(connection, 5000);
        return sqlite3_exec(connection, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL",
                            nullptr, nullptr, nullptr);
    }

    std::string database_;
};

}  // namespace shop
