// A unit of work: a few statements that hold together, in one transaction of their own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// More patience than the engine's five seconds: an order is worth it.
inline constexpr int unit_busy_timeout_ms = 30'000;

// Calls `work` with a connection, between BEGIN and COMMIT, and returns what it returned once that
// is durable. When `work` throws, or the COMMIT fails,
// everything is rolled back and the exception comes out.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    connection.setBusyTimeout(unit_busy_timeout_ms);
    SQLite::Transaction transaction(connection);
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
