// The clock of lesson 12's pool, and how those sleep who go by it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "support/gate.hpp"
#include "time/clock.hpp"

namespace pool_tests {

// How one customer sleeps while she waits.
struct Sleep {
    support::Gate asleep;
    support::Gate wake;
    std::atomic<int> looks{0};         // how often she saw that there is nothing for her yet
    std::atomic<bool> in_vain{false};  // nobody woke her in time: the test itself was held up
};

// The pool's clock. It stands still until the test moves it, and wakes nobody without a reason. A
// customer who oversleeps comes back from the clock when the test wakes her: what happened
// meanwhile she sees only then. So any other may be quicker, as on a busy machine.
class PoolClock : public shop::Clock {
 public:
    time_point now() const override { return start_ + duration(since_start_); }

    void advance(duration by) {
        since_start_ += by.count();
        wake_all();
    }

    // For no reason, as it may happen with any condition variable.
    void wake_all() const {
        std::vector<int> numbers;
        {
            const std::lock_guard lock(mutex_);
            for (const Place& place : places_) numbers.push_back(place.number);
        }
        for (const int number : numbers) {
            while (!wake(number)) std::this_thread::yield();
        }
    }

    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override {
        Sleep* const sleep = sleep_of_this_thread();
        if (sleep != nullptr) ++sleep->looks;
        if (sleep != nullptr && !sleep->wake.is_open()) {
            sleep->asleep.open();
            lock.unlock();
            if (!sleep->wake.wait()) sleep->in_vain = true;
            lock.lock();
        } else if (now() < deadline) {
            std::unique_lock own(mutex_);
            const auto place =
                places_.insert(places_.end(), Place{&changed, lock.mutex(), ++last_number_});
            own.unlock();
            if (now() < deadline) changed.wait(lock);
            own.lock();
            places_.erase(place);
        } else {
            lock.unlock();
            std::this_thread::yield();
            lock.lock();
        }
        return now() < deadline ? std::cv_status::no_timeout : std::cv_status::timeout;
    }

    static Sleep*& sleep_of_this_thread() {
        static thread_local Sleep* sleep = nullptr;
        return sleep;
    }

 private:
    struct Place {
        std::condition_variable* changed;
        std::mutex* mutex;
        int number;
    };
    // False: not yet, because her mutex is taken. It may be gone as soon as she does not wait any
    // more; as long as her place is there it is, too.
    bool wake(int number) const {
        const std::lock_guard lock(mutex_);
        const auto place = std::ranges::find(places_, number, &Place::number);
        if (place == places_.end()) return true;
        const std::unique_lock theirs(*place->mutex, std::try_to_lock);
        if (theirs) place->changed->notify_all();
        return theirs.owns_lock();
    }

    const time_point start_ = std::chrono::steady_clock::now();
    std::atomic<duration::rep> since_start_{0};
    mutable std::mutex mutex_;
    mutable std::list<Place> places_;
    mutable int last_number_ = 0;
};

}  // namespace pool_tests
