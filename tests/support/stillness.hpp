// Waiting until nothing in this process goes on by itself: every thread waits for a customer,
// for a lock, or for the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "support/patience.hpp"

namespace support {

// Whether all threads of this process but the caller's wait for something. One that could go on and
// is not given a processor does not wait. True where the system does not tell (see `looks`).
bool all_others_wait();

// The same of all threads of another process.
bool all_threads_wait(pid_t process);

// How many looks in a row have to be the same, so that nobody is only about to be woken: many where
// there is no /proc to read it from.
int looks();

// Waits until all others wait and `progress()` is the same again and again, and returns it. Nothing
// when that does not come within `patience()`.
template <typename Progress>
auto await_stillness(Progress progress) -> std::optional<decltype(progress())> {
    const auto deadline = std::chrono::steady_clock::now() + patience();
    auto seen = progress();
    for (int same = 0; same < looks(); ++same) {
        if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
        std::this_thread::yield();
        auto now = progress();
        if (!all_others_wait() || now != seen) same = 0;
        seen = std::move(now);
    }
    return seen;
}

// Whether the condition comes to hold before all others wait. For what must not happen: when they
// do nobody is there who would bring it about. `limit` is for those who never come to rest.
template <typename Condition>
bool happens_before_stillness(Condition holds, std::chrono::milliseconds limit = patience()) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (int still = 0; still < looks(); still = all_others_wait() ? still + 1 : 0) {
        if (holds()) return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return holds();
}

}  // namespace support
