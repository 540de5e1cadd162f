// A unit of work that begins as a reader and is done again from its beginning when it may not
// become a writer.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <functional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Calls `work` with a connection, between BEGIN and COMMIT, and returns what it returned once that
// is durable; ten times at most, each time in a transaction of its own, while the database is busy
// with others. So `work` may be called more than once, and only its last call counts.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> done_again(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    for (int attempts = 1;; ++attempts) {
        try {
            SQLite::Transaction transaction(connection);
            auto result = std::invoke(work, connection);
            transaction.commit();
            return result;
        } catch (const SQLite::Exception& error) {
            if (error.getErrorCode() != SQLITE_BUSY || attempts == 10) throw;
        }
    }
}

}  // namespace shop
