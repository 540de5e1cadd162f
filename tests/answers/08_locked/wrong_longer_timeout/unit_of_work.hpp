// A unit of work: a few statements that hold together, in one transaction of their own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Between BEGIN and COMMIT. Thirty seconds were not enough.
inline constexpr int ten_minutes_ms = 600'000;

template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    connection.setBusyTimeout(ten_minutes_ms);
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
