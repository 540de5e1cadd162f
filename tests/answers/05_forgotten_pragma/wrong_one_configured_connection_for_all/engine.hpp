// Rejected by: Others are served while Alice is at the bank
// Rejected by: A review waits for an order that is being written
// Overlooks: Whoever shares a connection shares its transaction: this is lesson 01 again.

// Opens the shop's connection and configures it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>

namespace shop {

// A value: copies have the connection in common.
class Engine {
 public:
    // Throws SQLite::Exception.
    explicit Engine(const std::string& database)
        : connection_(std::make_shared<SQLite::Database>(database, SQLite::OPEN_READWRITE, 5000)) {
        connection_->exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
    }

    // The connection that heeds foreign keys and waits for other connections' locks.
    SQLite::Database& connect() const { return *connection_; }

 private:
    std::shared_ptr<SQLite::Database> connection_;
};

}  // namespace shop
