// The shop's database, as a type whose connections cannot be had without their settings.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

namespace shop {

// A connection that heeds foreign keys and waits for other connections' locks.
class ShopDatabase : public SQLite::Database {
 public:
    explicit ShopDatabase(const std::string& file)
        : SQLite::Database(file, SQLite::OPEN_READWRITE, /*aBusyTimeoutMs=*/5000) {
        exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL");
    }
};

// A value: copies open connections to the same file. Thread safe.
class Engine {
 public:
    explicit Engine(std::string database) : database_(std::move(database)) {}
    ShopDatabase connect() const { return ShopDatabase(database_); }

 private:
    std::string database_;
};

}  // namespace shop
