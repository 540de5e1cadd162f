// A unit of work on a connection that one has: lesson 08's opened a connection of its own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <type_traits>

namespace shop {

// Calls `work` with `connection`, between BEGIN IMMEDIATE and COMMIT, and returns what it returned
// once that is committed. When `work` throws, or the COMMIT fails, everything is rolled back and the
// exception comes out. Keep it short: all who want to write wait for it.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(SQLite::Database& connection,
                                                            Work work) {
    SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
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
