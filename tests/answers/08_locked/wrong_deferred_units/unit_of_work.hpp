// Rejected by: Alice waits for her turn to write
// Rejected by: Whenever a neighbour writes, orders are served
// Overlooks: However short it is, between its look and its first write another connection can
// commit, and then it is stale.

// A unit of work: a few statements that hold together, in one transaction of their own.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Between BEGIN and COMMIT.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();

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
