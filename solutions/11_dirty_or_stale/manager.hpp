// What a pool has to know about this shop's sessions: how to open one, how to clean one, and
// whether one still leads to the database.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <utility>

#include "05_forgotten_pragma/engine.hpp"

// Thread safe, as long as each session is used by one thread at a time.
class ConnectionManager {
 public:
    explicit ConnectionManager(Engine engine) : engine_(std::move(engine)) {}

    SQLite::Database connect() const { return engine_.connect(); }

    bool reset(SQLite::Database& connection) const {
        sqlite3* const session = connection.getHandle();
        bool dirty = false;
        for (sqlite3_stmt* statement = sqlite3_next_stmt(session, nullptr); statement != nullptr;
             statement = sqlite3_next_stmt(session, statement)) {
            if (sqlite3_stmt_busy(statement) == 0) continue;
            sqlite3_reset(statement);
            dirty = true;
        }
        if (sqlite3_get_autocommit(session) == 0) {
            connection.exec("ROLLBACK");
            dirty = true;
        }
        return dirty;
    }

    bool is_valid(const SQLite::Database& connection) const {
        int moved = 0;
        return sqlite3_file_control(connection.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED,
                                    &moved) == SQLITE_OK &&
               moved == 0;
    }

 private:
    Engine engine_;
};
