// A pause between one try and the next.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace shop {

// A while at random, longer from time to time: those who were in each other's way do not meet
// again, and twenty tries last long enough for a server to have room again, a second or two.
inline void step_aside(int attempt) {
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<int> microseconds(0, 1000 << std::min(attempt, 8));
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
}

}  // namespace shop
