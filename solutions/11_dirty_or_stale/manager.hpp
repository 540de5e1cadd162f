// What a pool has to know of this shop's connections: how to open one, how to make one as good as
// new, and whether one still leads to the database.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "shop/statement.hpp"

namespace shop {

// What a connection carries with it, and what decides how the next statement on it behaves. All are
// changed by a PRAGMA, the first two by functions of SQLite's as well.
inline constexpr std::array connection_settings{
    "busy_timeout", "foreign_keys", "recursive_triggers", "ignore_check_constraints",
    "query_only",   "synchronous",  "locking_mode",
};
using ConnectionSettings = std::array<std::string, connection_settings.size()>;

inline std::string setting(SQLite::Database& connection, const std::string& name) {
    return connection.execAndGet("PRAGMA " + name).getString();
}

// A connection's authorizer: SQLite asks it about every statement that is prepared. It allows all,
// and counts those that do more than read and write, a PRAGMA or a CREATE: without one no setting
// changes by SQL, and nothing is made that stays with the connection.
class Watch {
 public:
    // Takes the place of any other authorizer. Statements that are kept do not escape it: setting an
    // authorizer makes SQLite prepare them anew before they run again.
    void begin(sqlite3* connection) {
        sqlite3_set_authorizer(connection, see, this);
        seen_ = 0;
    }

    // How many it has counted since the last call.
    int seen() { return std::exchange(seen_, 0); }

 private:
    static int see(void* watch, int action, const char*, const char*, const char*, const char*) {
        switch (action) {
            case SQLITE_SELECT:
            case SQLITE_READ:
            case SQLITE_INSERT:
            case SQLITE_UPDATE:
            case SQLITE_DELETE:
            case SQLITE_FUNCTION:
            case SQLITE_RECURSIVE:
            case SQLITE_TRANSACTION:
            case SQLITE_SAVEPOINT:
                break;
            default:
                ++static_cast<Watch*>(watch)->seen_;
        }
        return SQLITE_OK;
    }

    int seen_ = 0;
};

// A connection that remembers how it was set up, keeps the statements of the shop's queries, and can
// be closed with anything left on it. A statement that nobody has finalized makes SQLite refuse to
// close, and SQLiteCpp abort, so those that are left are finalized here. A statement may be kept for
// the connection's next borrower, and ends with the connection: code that has no lease on it any
// more must not touch it.
class Connection : public SQLite::Database {
 public:
    explicit Connection(SQLite::Database fresh) : SQLite::Database(std::move(fresh)) {
        for (std::size_t i = 0; i < settings_.size(); ++i) {
            settings_[i] = setting(*this, connection_settings[i]);
        }
    }
    Connection(Connection&&) noexcept = default;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (getHandle() == nullptr) return;  // it was moved
        statements_.reset();
        sqlite3_set_authorizer(getHandle(), nullptr, nullptr);  // the watch goes first
        while (sqlite3_stmt* left = sqlite3_next_stmt(getHandle(), nullptr)) sqlite3_finalize(left);
    }

    // As they were when it was made.
    const ConnectionSettings& settings() const { return settings_; }

    // Begins at the first reset.
    Watch& watch() { return *watch_; }

 private:
    ConnectionSettings settings_;
    std::unique_ptr<Watch> watch_ = std::make_unique<Watch>();  // SQLite has its address
    std::unique_ptr<KeptStatements> statements_ = std::make_unique<KeptStatements>(*this);
};

// Thread safe, as long as each connection is used by one thread at a time.
class ConnectionManager {
 public:
    explicit ConnectionManager(Engine engine) : engine_(std::move(engine)) {}

    // Throws SQLite::Exception.
    Connection connect() const { return Connection(engine_.connect()); }

    // Makes a connection that has come back as good as one that `connect` has just made, and says
    // whether it was not. Throws when it cannot be made so, and is good for nothing then.
    //
    // In this order: what a borrower has hooked in would be called for what follows, and might refuse
    // it; a rollback leaves a statement running; and inside a transaction `PRAGMA foreign_keys`
    // changes nothing, without a word. Functions, collations and a trace that a borrower has added
    // stay: only Engine is to add such.
    bool reset(Connection& connection) const {
        remove_hooks(connection.getHandle());
        const bool was_running = end_statements(connection);
        const bool was_open = end_transaction(connection);
        const bool was_touched = !is_untouched(connection);
        if (was_touched) connection.watch().begin(connection.getHandle());
        const bool was_changed = was_touched && restore_settings(connection);
        require_nothing_left(connection);
        if (was_touched) require_nothing_made(connection);
        return was_running || was_open || was_changed;
    }

    // Whether its file is still the one that has the database's name. A statement would not tell:
    // SQLite has the old file open and answers out of it. Does not throw.
    bool is_valid(Connection& connection) const {
        int moved = 0;
        const int status =
            sqlite3_file_control(connection.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
        // A database in memory has no file that could move.
        return status == SQLITE_NOTFOUND || (status == SQLITE_OK && moved == 0);
    }

 private:
    // Those that were stepped and not reset. They are not finalized:
    // they may be kept for the next borrower.
    static bool end_statements(Connection& connection) {
        bool was_running = false;
        sqlite3_stmt* statement = nullptr;
        while ((statement = sqlite3_next_stmt(connection.getHandle(), statement)) != nullptr) {
            if (sqlite3_stmt_busy(statement) == 0) continue;
            sqlite3_reset(statement);
            was_running = true;
        }
        return was_running;
    }

    static bool end_transaction(Connection& connection) {
        if (sqlite3_get_autocommit(connection.getHandle()) != 0) return false;
        connection.exec("ROLLBACK");
        return true;
    }

    // Whether all settings are certain to be as they were, and nothing was made. Only if not, all of
    // them are asked, which costs seven times as much. The first question is at the same time the
    // proof that the watch is still there: a borrower may have set an authorizer of his own, which
    // may even refuse the question.
    static bool is_untouched(Connection& connection) try {
        const bool nothing_was_seen = connection.watch().seen() == 0;
        const int busy_timeout = connection.execAndGet("PRAGMA busy_timeout").getInt();
        const bool is_watched = connection.watch().seen() == 1;
        int foreign_keys = 0;
        sqlite3_db_config(connection.getHandle(), SQLITE_DBCONFIG_ENABLE_FKEY, -1, &foreign_keys);
        return nothing_was_seen && is_watched &&
               std::to_string(busy_timeout) == connection.settings()[0] &&
               std::to_string(foreign_keys) == connection.settings()[1];
    } catch (const SQLite::Exception&) {
        return false;
    }

    static bool restore_settings(Connection& connection) {
        bool was_changed = false;
        for (std::size_t i = 0; i < connection_settings.size(); ++i) {
            const std::string name = connection_settings[i];
            const std::string& value = connection.settings()[i];
            if (setting(connection, name) == value) continue;
            connection.exec("PRAGMA " + name + " = " + value);
            was_changed = true;
            if (setting(connection, name) != value) throw std::runtime_error(name + " has stuck");
        }
        // The locking mode changes with the next read.
        if (was_changed) connection.exec("SELECT 1 FROM sqlite_master");
        return was_changed;
    }

    // What a borrower wants to be called for; it would be called for the next one. SQLite does not
    // tell whether there is any. (An authorizer has taken the watch's place, and is found later.)
    static void remove_hooks(sqlite3* connection) {
        sqlite3_progress_handler(connection, 0, nullptr, nullptr);
        sqlite3_commit_hook(connection, nullptr, nullptr);
        sqlite3_rollback_hook(connection, nullptr, nullptr);
        sqlite3_update_hook(connection, nullptr, nullptr);
        sqlite3_wal_autocheckpoint(connection, 1000);  // its own hook, as it is by default
    }

    // What is not worth a repair, or should have been repaired above and was not.
    static void require_nothing_left(Connection& connection) {
        if (sqlite3_get_autocommit(connection.getHandle()) == 0 ||
            sqlite3_txn_state(connection.getHandle(), nullptr) != SQLITE_TXN_NONE) {
            throw std::runtime_error("a transaction does not end");
        }
        if (sqlite3_db_name(connection.getHandle(), 2) != nullptr) {  // 0 is main, 1 is temp
            throw std::runtime_error("a database is attached");
        }
    }

    // What the watch sees of this is the pool's own, and does not count.
    static void require_nothing_made(Connection& connection) {
        if (setting(connection, "temp.schema_version") != "0" &&
            connection.execAndGet("SELECT count(*) FROM sqlite_temp_master").getInt() != 0) {
            throw std::runtime_error("a temporary table is left");
        }
        connection.watch().seen();
    }

    Engine engine_;
};

}  // namespace shop
