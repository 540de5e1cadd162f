// What a pool has to know of this shop's connections: so far, how to open one.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// A connection that can be closed with anything left on it. A statement that nobody has finalized
// makes SQLite refuse to close, and SQLiteCpp abort, so those that are left are finalized here:
// code that still has one must not touch it any more.
class Connection : public SQLite::Database {
 public:
    explicit Connection(SQLite::Database fresh) : SQLite::Database(std::move(fresh)) {}
    Connection(Connection&&) noexcept = default;
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (getHandle() == nullptr) return;  // it was moved
        while (sqlite3_stmt* left = sqlite3_next_stmt(getHandle(), nullptr)) sqlite3_finalize(left);
    }
};

// Thread safe, as long as each connection is used by one thread at a time.
class ConnectionManager {
 public:
    explicit ConnectionManager(Engine engine) : engine_(std::move(engine)) {}

    // Throws SQLite::Exception.
    Connection connect() const { return Connection(engine_.connect()); }

    // Whether a connection that has come back was not as `connect` made it. So far nobody looks.
    bool reset(Connection& /*connection*/) const { return false; }

    // Whether an idle one still leads to the database.
    // Does not throw. So far that is taken on trust.
    bool is_valid(Connection& /*connection*/) const { return true; }

 private:
    Engine engine_;
};

}  // namespace shop
