// Waiting for what no event tells: the test looks again and again.
#pragma once

#include <chrono>

#include "support/patience.hpp"

namespace support {

// Lets others run before the next look. After many looks it pauses for a millisecond between two:
// others need the processor. What is waited for decides when the wait is over, never the pause.
void pause_after_look(int looks);

// Waits until the condition holds. It does not when something is wrong: false after `limit`.
template <typename Condition>
bool await(Condition holds, std::chrono::milliseconds limit = patience()) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (int looks = 1; !holds(); ++looks) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        pause_after_look(looks);
    }
    return true;
}

}  // namespace support
