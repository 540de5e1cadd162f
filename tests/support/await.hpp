// Waiting for what no event tells: the test looks again and again.
#pragma once

#include <chrono>
#include <thread>

#include "support/patience.hpp"

namespace support {

// Waits until the condition holds. It does not when something is wrong: false after `limit`.
template <typename Condition>
bool await(Condition holds, std::chrono::milliseconds limit = patience()) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace support
