// A counting semaphore that is fair: a permit goes to the one who has waited longest.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "time/clock.hpp"

namespace shop {

// Thread safe.
class FairSemaphore {
 public:
    enum class Answer { granted, too_late, too_many };

    explicit FairSemaphore(int permits) : permits_(permits) {}

    Answer acquire(const Clock& clock, Clock::duration max_wait, int max_waiting) {
        std::unique_lock lock(mutex_);
        if (permits_ > 0) {
            --permits_;
            return Answer::granted;
        }
        if (static_cast<int>(waiting_.size()) >= max_waiting) return Answer::too_many;
        const auto deadline = clock.now() + max_wait;
        Waiter waiter;
        waiting_.push_back(&waiter);
        while (!waiter.is_granted &&
               clock.wait_until(waiter.granted, lock, deadline) != std::cv_status::timeout) {
        }
        if (waiter.is_granted) return Answer::granted;
        std::erase(waiting_, &waiter);
        return Answer::too_late;
    }

    void release() {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
            ++permits_;
            return;
        }
        Waiter& first = *waiting_.front();
        waiting_.pop_front();
        first.is_granted = true;
        first.granted.notify_one();
    }

    int waiting() const {
        const std::lock_guard lock(mutex_);
        return static_cast<int>(waiting_.size());
    }

 private:
    struct Waiter {
        bool is_granted = false;
        std::condition_variable granted;
    };
    mutable std::mutex mutex_;
    int permits_;
    std::deque<Waiter*> waiting_;
};

}  // namespace shop
