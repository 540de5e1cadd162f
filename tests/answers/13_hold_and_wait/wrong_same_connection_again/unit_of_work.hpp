// A unit of work on this thread's connection.
// Who asks for one while he has one gets the same again.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

#include "earlier/10_exhaustion/unit_of_work.hpp"

namespace shop {

inline thread_local SQLite::Database* connection_of_this_thread = nullptr;

// This thread's connection for as long as this lives.
template <typename Pool>
class ThreadConnection {
 public:
    ThreadConnection(Pool& pool, std::string holder) : lease_(pool.acquire(std::move(holder))) {
        connection_of_this_thread = &*lease_;
    }
    ThreadConnection(const ThreadConnection&) = delete;
    ThreadConnection& operator=(const ThreadConnection&) = delete;
    ~ThreadConnection() { connection_of_this_thread = nullptr; }

 private:
    typename Pool::Lease lease_;
};

// As unit_of_work(connection, work), on this thread's connection if it has one.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, std::string holder, Work work) {
    if (connection_of_this_thread != nullptr) {
        return unit_of_work(*connection_of_this_thread, std::move(work));
    }
    const auto lease = pool.acquire(std::move(holder));
    return unit_of_work(*lease, std::move(work));
}

}  // namespace shop
