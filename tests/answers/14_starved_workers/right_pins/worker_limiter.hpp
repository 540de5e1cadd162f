// The shop's workers. One is pinned while its customer waits, or is idle and may come back; of all
// others it is known that they are free in a moment.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "shop/refusal.hpp"

namespace shop {

// Thread safe. What it is told is about the connection that the calling worker serves. At any time
// all but one are pinned at most, and less than half by idle customers.
class WorkerLimiter {
 public:
    explicit WorkerLimiter(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers");
    }

    int count() const { return count_; }

    // Comes before what may take long. Throws shop::Unavailable when nobody else may be pinned.
    void wait() {
        const std::lock_guard lock(mutex_);
        if (!pin()) throw Unavailable("everybody is busy");
        if (is_idle_) --idle_;
        is_idle_ = false;
    }

    // Comes before the reply. False: this customer has to go.
    bool stay() {
        const std::lock_guard lock(mutex_);
        if (is_idle_) return true;
        if (2 * (idle_ + 1) >= count_ || !pin()) {
            unpin();
            return false;
        }
        is_idle_ = true;
        ++idle_;
        return true;
    }

    void gone() {
        const std::lock_guard lock(mutex_);
        if (is_idle_) --idle_;
        is_idle_ = false;
        unpin();
    }

 private:
    bool pin() {
        if (is_pinned_) return true;
        if (pinned_ >= count_ - 1) return false;
        ++pinned_;
        return is_pinned_ = true;
    }
    void unpin() {
        if (is_pinned_) --pinned_;
        is_pinned_ = false;
    }

    static inline thread_local bool is_pinned_ = false;
    static inline thread_local bool is_idle_ = false;  // then pinned, too

    const int count_;
    std::mutex mutex_;
    int pinned_ = 0;
    int idle_ = 0;
};

// The server's task queue: serves each HTTP connection on
// one of as many threads as there are workers.
class WorkerQueue : public httplib::TaskQueue {
 public:
    explicit WorkerQueue(std::shared_ptr<WorkerLimiter> limiter)
        : limiter_(std::move(limiter)), threads_(static_cast<std::size_t>(limiter_->count())) {}

    // void before cpp-httplib 0.15, bool since.
    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

    // `serve` returns when the HTTP connection has ended: after many requests, or after none.
    Enqueued enqueue(std::function<void()> serve) override {
        return threads_.enqueue([this, serve = std::move(serve)] {
            serve();
            limiter_->gone();
        });
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    std::shared_ptr<WorkerLimiter> limiter_;
    httplib::ThreadPool threads_;
};

}  // namespace shop
