// A unit of work on this thread's session: leased for the first, and used by those inside it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <string>
#include <utility>

#include "earlier/10_exhaustion/unit_of_work.hpp"

inline thread_local SQLite::Database* session_of_this_thread = nullptr;

// As unit_of_work(connection, work) on a session for `holder`. Inside another unit of work of this
// thread `work` is a part of that one: it needs no second session.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, std::string holder, Work work) {
    if (session_of_this_thread != nullptr) return std::invoke(work, *session_of_this_thread);
    const auto lease = pool.acquire(std::move(holder));
    struct Restore {
        ~Restore() { session_of_this_thread = nullptr; }
    };
    const Restore restore;
    session_of_this_thread = &*lease;
    return unit_of_work(*lease, std::move(work));
}
