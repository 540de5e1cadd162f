// A unit of work on this thread's connection: leased for the first, and used by those inside it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <string>
#include <utility>

#include "earlier/10_exhaustion/unit_of_work.hpp"

namespace shop {

inline thread_local SQLite::Database* connection_of_this_thread = nullptr;

// As unit_of_work(connection, work) on a connection for `holder`. Inside another unit of work of
// this thread `work` is a part of that one: it needs no second connection.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, std::string holder, Work work) {
    if (connection_of_this_thread != nullptr) return std::invoke(work, *connection_of_this_thread);
    const auto lease = pool.acquire(std::move(holder));
    struct Restore {
        ~Restore() { connection_of_this_thread = nullptr; }
    };
    const Restore restore;
    connection_of_this_thread = &*lease;
    return unit_of_work(*lease, std::move(work));
}

}  // namespace shop
