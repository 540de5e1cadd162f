// What a pool has to know of this shop's connections. What comes back dirty is not cleaned: it is
// closed, as pgxpool does it, and the next one gets a new connection.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

class Connection : public SQLite::Database {
 public:
    explicit Connection(SQLite::Database fresh)
        : SQLite::Database(std::move(fresh)), as_opened_(how_it_is_set_up()) {}
    Connection(Connection&&) noexcept = default;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (getHandle() == nullptr) return;  // it was moved
        while (sqlite3_stmt* left = sqlite3_next_stmt(getHandle(), nullptr)) sqlite3_finalize(left);
    }

    // SQLite does not tell whether there is one.
    void remove_hooks() {
        sqlite3_set_authorizer(getHandle(), nullptr, nullptr);
        sqlite3_progress_handler(getHandle(), 0, nullptr, nullptr);
        sqlite3_commit_hook(getHandle(), nullptr, nullptr);
        sqlite3_rollback_hook(getHandle(), nullptr, nullptr);
        sqlite3_update_hook(getHandle(), nullptr, nullptr);
    }

    // Nothing is open, and everything as it was in the beginning.
    bool is_clean() {
        return sqlite3_get_autocommit(getHandle()) != 0 &&
               sqlite3_txn_state(getHandle(), nullptr) == SQLITE_TXN_NONE && !is_any_running() &&
               how_it_is_set_up() == as_opened_;
    }

 private:
    bool is_any_running() const {
        sqlite3_stmt* statement = nullptr;
        while ((statement = sqlite3_next_stmt(getHandle(), statement)) != nullptr) {
            if (sqlite3_stmt_busy(statement) != 0) return true;
        }
        return false;
    }

    std::string how_it_is_set_up() {
        return execAndGet(
                   "SELECT foreign_keys || ' ' || query_only || ' ' || synchronous || ' ' || "
                   "timeout || ' ' || locking_mode || ' ' || (SELECT count(*) FROM "
                   "sqlite_temp_master) || ' ' || (SELECT count(*) FROM pragma_database_list WHERE "
                   "seq > 1) FROM pragma_foreign_keys, pragma_query_only, pragma_synchronous, "
                   "pragma_busy_timeout, pragma_locking_mode")
            .getString();
    }

    std::string as_opened_;
};

class ConnectionManager {
 public:
    explicit ConnectionManager(Engine engine) : engine_(std::move(engine)) {}

    Connection connect() const { return Connection(engine_.connect()); }

    bool reset(Connection& connection) const {
        connection.remove_hooks();
        if (!connection.is_clean()) throw std::runtime_error("it was left dirty");
        return false;
    }

    bool is_valid(Connection& connection) const {
        int moved = 1;
        sqlite3_file_control(connection.getHandle(), nullptr, SQLITE_FCNTL_HAS_MOVED, &moved);
        return moved == 0;
    }

 private:
    Engine engine_;
};

}  // namespace shop
