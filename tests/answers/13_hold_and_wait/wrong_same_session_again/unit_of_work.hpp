// A unit of work on this thread's session. Who asks for one while he has one gets the same again.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

#include "earlier/10_exhaustion/unit_of_work.hpp"

inline thread_local SQLite::Database* session_of_this_thread = nullptr;

// This thread's session for as long as this lives.
template <typename Pool>
class ThreadSession {
 public:
    ThreadSession(Pool& pool, std::string holder) : lease_(pool.acquire(std::move(holder))) {
        session_of_this_thread = &*lease_;
    }
    ThreadSession(const ThreadSession&) = delete;
    ThreadSession& operator=(const ThreadSession&) = delete;
    ~ThreadSession() { session_of_this_thread = nullptr; }

 private:
    typename Pool::Lease lease_;
};

// As unit_of_work(connection, work), on this thread's session if it has one.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, std::string holder, Work work) {
    if (session_of_this_thread != nullptr) {
        return unit_of_work(*session_of_this_thread, std::move(work));
    }
    const auto lease = pool.acquire(std::move(holder));
    return unit_of_work(*lease, std::move(work));
}
