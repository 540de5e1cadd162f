// A unit of work that waits for its turn by itself: it tries to begin for two seconds.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <functional>
#include <optional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Only the beginning is tried again: nothing has been read or done yet.
inline void begin(std::optional<SQLite::Transaction>& transaction, SQLite::Database& connection) {
    constexpr int most = 200;
    for (int tries = 1; !transaction; ++tries) {
        try {
            transaction.emplace(connection, SQLite::TransactionBehavior::IMMEDIATE);
        } catch (const SQLite::Exception& refused) {
            if (refused.getErrorCode() != SQLITE_BUSY || tries == most) throw;
            sqlite3_sleep(10);  // milliseconds
        }
    }
}

// Calls `work` with a connection, between BEGIN IMMEDIATE and COMMIT, and returns what it returned
// once that is committed. When `work` throws, or the COMMIT fails, everything is rolled back and the
// exception comes out.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    connection.setBusyTimeout(0);
    std::optional<SQLite::Transaction> transaction;
    begin(transaction, connection);
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, SQLite::Database&>>) {
        std::invoke(work, connection);
        transaction->commit();
    } else {
        auto result = std::invoke(work, connection);
        transaction->commit();
        return result;
    }
}

}  // namespace shop
