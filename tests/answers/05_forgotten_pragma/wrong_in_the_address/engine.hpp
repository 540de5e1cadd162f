// Rejected by: An order for an item that does not exist is refused
// Rejected by: A review of an item that does not exist is refused
// Rejected by: An item that is taken out of the range is not sold any more
// Rejected by: Every connection heeds foreign keys
// Rejected by: An order waits for its turn to write
// Rejected by: A review waits for its turn to write
// Rejected by: A review waits for an order that is being written
// Overlooks: Some drivers read settings out of the address (mattn/go-sqlite3 does). SQLite itself
// knows cache, mode, nolock, immutable, psow and vfs,
// and ignores everything else without a word.

// Opens connections, each configured before anybody gets to use it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

namespace shop {

// Knows where the database is and how this shop talks to it. A value: copies open connections to
// the same file. Thread safe.
class Engine {
 public:
    explicit Engine(std::string database) : database_(std::move(database)) {}

    // A connection that heeds foreign keys, waits for other connections' locks, and is in no
    // transaction. Throws SQLite::Exception.
    SQLite::Database connect() const {
        const std::string settings = "?_foreign_keys=on&_busy_timeout=5000&_synchronous=normal";
        return SQLite::Database("file:" + database_ + settings,
                                SQLite::OPEN_READWRITE | SQLite::OPEN_URI);
    }

 private:
    std::string database_;
};

}  // namespace shop
