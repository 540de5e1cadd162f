// Another program that has a database's write lock.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "support/ledger.hpp"

namespace support {

// From its making until it goes. No ledger records it. Throws SQLite::Exception when somebody else
// has the lock for longer than five seconds.
class WriteLock {
 public:
    explicit WriteLock(const std::string& database)
        : connection_([&] {
              const Ledger::Unseen unseen;
              return SQLite::Database(database, SQLite::OPEN_READWRITE, 5000);
          }()) {
        connection_.exec("BEGIN IMMEDIATE");
    }
    WriteLock(const WriteLock&) = delete;
    WriteLock& operator=(const WriteLock&) = delete;
    ~WriteLock() = default;  // a transaction ends with its connection

 private:
    SQLite::Database connection_;
};

}  // namespace support
