// Rejected by: A hundred idle customers do not stop the next one
// Overlooks: It counts requests that are under way. A customer who is connected and asks for
// nothing has a worker as well, and is in no handler that could count her.

// The shop's workers: an HTTP connection takes one and has it until it ends. They are counted, so
// that one is always free, or will be in a moment.
#pragma once

#include <httplib.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include "shop/refusal.hpp"

namespace shop {

// Thread safe. Whoever asks is one of them.
class WorkerLimiter {
 public:
    // Throws std::invalid_argument when there are not two:
    // one may have to wait, the other must not.
    explicit WorkerLimiter(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // A place among those who may have to wait for a connection or for the bank: one fewer than
    // there are workers. Move-only.
    class Place {
     public:
        explicit Place(WorkerLimiter& limiter) : limiter_(&limiter, &leave) {}

     private:
        static void leave(WorkerLimiter* limiter) { --limiter->waiting_; }
        std::unique_ptr<WorkerLimiter, void (*)(WorkerLimiter*)> limiter_;
    };

    // Throws shop::Unavailable when all places are taken.
    Place enter() {
        if (++waiting_ < count_) return Place(*this);
        --waiting_;
        throw Unavailable("everybody is busy");
    }

    // Whether the customer may keep her connection, and with it the worker, when she has her reply:
    // as long as less than half of the workers are busy.
    bool may_keep_alive() const { return 2 * waiting_ < count_; }

 private:
    const int count_;
    std::atomic<int> waiting_ = 0;
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
        return threads_.enqueue(std::move(serve));
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    std::shared_ptr<WorkerLimiter> limiter_;
    httplib::ThreadPool threads_;
};

}  // namespace shop
