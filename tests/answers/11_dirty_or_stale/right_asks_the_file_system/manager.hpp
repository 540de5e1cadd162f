// What a pool has to know of this shop's connections. Whether one is stale is asked of the file
// system, and a connection that is no more than suspect is set up anew.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Which file a name leads to.
struct FileId {
    dev_t device = 0;
    ino_t number = 0;
    bool operator==(const FileId&) const = default;

    static FileId of(const std::string& name) {
        struct stat file {};
        if (stat(name.c_str(), &file) != 0) return {};
        return {file.st_dev, file.st_ino};
    }
};

class Connection : public SQLite::Database {
 public:
    explicit Connection(SQLite::Database fresh)
        : SQLite::Database(std::move(fresh)), file(FileId::of(getFilename())) {}
    Connection(Connection&&) noexcept = default;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (getHandle() == nullptr) return;  // it was moved
        while (sqlite3_stmt* left = sqlite3_next_stmt(getHandle(), nullptr)) sqlite3_finalize(left);
    }

    FileId file;
};

class ConnectionManager {
 public:
    explicit ConnectionManager(Engine engine) : engine_(std::move(engine)) {}

    Connection connect() const { return Connection(engine_.connect()); }

    bool reset(Connection& connection) const {
        sqlite3* const handle = connection.getHandle();
        bool dirty = sqlite3_txn_state(handle, nullptr) != SQLITE_TXN_NONE;
        if (sqlite3_get_autocommit(handle) == 0) {
            connection.exec("ROLLBACK");
            dirty = true;
        }
        sqlite3_stmt* statement = nullptr;
        while ((statement = sqlite3_next_stmt(handle, statement)) != nullptr) {
            dirty = sqlite3_stmt_busy(statement) != 0 || dirty;
            sqlite3_reset(statement);
        }
        sqlite3_set_authorizer(handle, nullptr, nullptr);
        sqlite3_progress_handler(handle, 0, nullptr, nullptr);
        sqlite3_commit_hook(handle, nullptr, nullptr);
        sqlite3_rollback_hook(handle, nullptr, nullptr);
        sqlite3_update_hook(handle, nullptr, nullptr);
        int foreign_keys = 0;
        sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &foreign_keys);
        dirty = connection.execAndGet("PRAGMA query_only").getInt() != 0 || dirty;
        dirty = connection.execAndGet("PRAGMA busy_timeout").getInt() != 5000 || dirty;
        dirty = connection.execAndGet("PRAGMA synchronous").getInt() != 1 || dirty;
        dirty = foreign_keys == 0 || dirty;
        if (has_more_than_the_shop(connection)) throw SQLite::Exception("more than the shop's");
        if (dirty) {
            connection.exec(
                "PRAGMA query_only = OFF; PRAGMA busy_timeout = 5000;"
                "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
        }
        return dirty;
    }

    bool is_valid(Connection& connection) const {
        return connection.file == FileId::of(connection.getFilename());
    }

 private:
    static bool has_more_than_the_shop(Connection& connection) {
        return connection
                   .execAndGet(
                       "SELECT (SELECT count(*) FROM sqlite_temp_schema) + (SELECT count(*) FROM "
                       "pragma_database_list WHERE name NOT IN ('main', 'temp'))")
                   .getInt() > 0;
    }

    Engine engine_;
};

}  // namespace shop
