// A unit of work on a connection of its own, in one short transaction.
#pragma once

#include <functional>
#include <string>
#include <type_traits>

#include "postgres/connection.hpp"

namespace shop {

template <typename Work>
std::invoke_result_t<Work&, postgres::Connection&> in_transaction(postgres::Connection& connection,
                                                                  Work& work) {
    postgres::Transaction transaction(connection, "READ COMMITTED");  // PostgreSQL's default
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, postgres::Connection&>>) {
        std::invoke(work, connection);
        transaction.commit();
    } else {
        auto result = std::invoke(work, connection);
        transaction.commit();
        return result;
    }
}

// Calls `work` with a connection that was acquired for `holder`, between BEGIN and COMMIT, and
// returns what it returned once that is committed. When `work` throws, or the COMMIT fails,
// everything is rolled back and the exception comes out.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, const std::string& holder, Work work) {
    const auto lease = pool.acquire(holder);
    return in_transaction(*lease, work);
}

}  // namespace shop
