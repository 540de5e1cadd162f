// Rejected by: Alice waits for her turn to write
// Overlooks: Three tries are not patience. Each meets somebody else's short transaction, and there
// are many of those when the shop is full.

// A unit of work: a few statements that hold together, in one short transaction of their own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <sqlite3.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Calls `work` with a connection, between BEGIN IMMEDIATE and COMMIT, and returns what it returned
// once that is durable. IMMEDIATE, because it is to write: it waits for its turn at the beginning,
// when it has read nothing yet that could grow stale. When `work` throws, or the COMMIT fails,
// everything is rolled back and the exception comes out.
//
// Keep it short, and nothing slow inside it: all who want to write wait for it.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    connection.setBusyTimeout(0);
    std::optional<SQLite::Transaction> begun;
    for (int tries = 1; !begun; ++tries) {
        try {
            begun.emplace(connection, SQLite::TransactionBehavior::IMMEDIATE);
        } catch (const SQLite::Exception& refused) {
            if (refused.getErrorCode() != SQLITE_BUSY || tries == 3) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(90));
        }
    }
    SQLite::Transaction& transaction = *begun;
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, SQLite::Database&>>) {
        std::invoke(work, connection);
        transaction.commit();
    } else {
        auto result = std::invoke(work, connection);
        transaction.commit();
        return result;
    }
}

}  // namespace shop
