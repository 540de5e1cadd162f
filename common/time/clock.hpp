// The time that rules go by: deadlines, ages, how long somebody has waited. A server has the
// system's steady clock; a test has one that it moves by hand.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace shop {

// The steady clock. Thread safe.
class Clock {
 public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;

    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    virtual time_point now() const { return std::chrono::steady_clock::now(); }

    // As std::condition_variable::wait_until: `lock` is held when it is called and when it returns,
    // and it may return early for no reason. `timeout` says that `deadline` has passed, and nothing
    // of whether what is waited for has come. It does not throw: others may know of the one who
    // waits, and must not be left with somebody who has gone.
    virtual std::cv_status wait_until(std::condition_variable& changed,
                                      std::unique_lock<std::mutex>& lock,
                                      time_point deadline) const {
        return changed.wait_until(lock, deadline);
    }

    // The clock that this process goes by. An object that keeps it asks for it once.
    static Clock& of_the_process();

    // From now on `clock` is the process's, and must outlive all that ask for it; null: the steady
    // clock again. Not while others may ask.
    static void use_for_the_process(Clock* clock);
};

}  // namespace shop
