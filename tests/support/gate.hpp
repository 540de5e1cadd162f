// Two ways to put threads in order without a clock. Both waits have a deadline, which passes only
// when something is wrong, and tell whether they ended for the right reason.
#pragma once

#include <condition_variable>
#include <mutex>

#include "support/patience.hpp"

namespace support {

// Closed until somebody opens it, then open for good. Thread safe.
class Gate {
 public:
    void open() {
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
        }
        opened_.notify_all();
    }

    // False when the gate was still closed after `patience()`.
    [[nodiscard]] bool wait() {
        std::unique_lock lock(mutex_);
        return opened_.wait_for(lock, patience(), [this] { return open_; });
    }

    bool is_open() const {
        const std::lock_guard lock(mutex_);
        return open_;
    }

 private:
    mutable std::mutex mutex_;
    std::condition_variable opened_;
    bool open_ = false;
};

// Lets nobody through until `parties` threads have arrived. For one use. Thread safe.
class Barrier {
 public:
    explicit Barrier(int parties) : missing_(parties) {}

    // False when somebody was still missing after `patience()`.
    [[nodiscard]] bool arrive_and_wait() {
        std::unique_lock lock(mutex_);
        if (--missing_ <= 0) complete_.notify_all();
        return complete_.wait_for(lock, patience(), [this] { return missing_ <= 0; });
    }

 private:
    std::mutex mutex_;
    std::condition_variable complete_;
    int missing_;
};

}  // namespace support
