// The process's clock for as long as this lives, and it stands still until the test moves it.
#pragma once

#include <atomic>

#include "time/clock.hpp"

namespace support {

// Made before the shop and gone after it. Thread safe.
class TestClock : public shop::Clock {
 public:
    TestClock() { shop::Clock::use_for_the_process(this); }
    ~TestClock() override { shop::Clock::use_for_the_process(nullptr); }

    // Wakes all that wait for a time that has now come.
    void advance(duration by) { since_start_ += by.count(); }

    time_point now() const override { return start_ + duration(since_start_); }

    // Looks at the clock every millisecond, so that nobody has to know who waits.
    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override {
        if (now() < deadline) changed.wait_for(lock, std::chrono::milliseconds(1));
        return now() < deadline ? std::cv_status::no_timeout : std::cv_status::timeout;
    }

 private:
    const time_point start_ = std::chrono::steady_clock::now();
    std::atomic<duration::rep> since_start_{0};
};

}  // namespace support
