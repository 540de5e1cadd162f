// Another connection on the shop's database, as a second process would have: it writes once, at a
// moment of the test's choice.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <mutex>
#include <string>
#include <string_view>

#include "support/database_file.hpp"

namespace support {

// Counts the statements of the shop's connections from its making on, and runs `sql` before the one
// of that number (from 1). It does not wait: where the shop holds the write lock it goes away
// having done nothing. Made after the shop, one at a time; no ledger records it. Thread safe.
class Neighbour {
 public:
    Neighbour(const DatabaseFile& database, std::string sql, int moment);
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;
    ~Neighbour();

    // The statement before which the moment came; empty: it has not come, there were not so many.
    std::string came_before() const;
    // How many rows were changed.
    int changed() const;

 private:
    void statement_begins(std::string_view statement);

    mutable std::mutex mutex_;
    SQLite::Database connection_;
    const std::string sql_;
    int left_;  // statements, until the moment
    std::string came_before_;
    int changed_ = 0;
};

}  // namespace support
