// A unit of work: a few statements that hold together, in one short transaction of their own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Calls `work` with a connection, between BEGIN IMMEDIATE and COMMIT, and returns what it returned
// once that is committed. IMMEDIATE, because it is to write: it waits for its turn at the beginning,
// when it has read nothing yet that could grow stale. When `work` throws, or the COMMIT fails,
// everything is rolled back and the exception comes out.
//
// Keep it short, and nothing slow inside it: all who want to write wait for it.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
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
