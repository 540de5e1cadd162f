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

// Thread safe. The worker that asks counts.
class WorkerLimiter {
 public:
    // Throws std::invalid_argument when there are not two:
    // one may have to wait, the other must not.
    explicit WorkerLimiter(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // Comes before anything that may take long for reasons of others: a database connection, the
    // bank. Throws shop::Unavailable when no other worker is free.
    // So those who wait never have all of them.
    void require_free_worker() const {
        if (taken_ >= count_) throw Unavailable("everybody is busy");
    }

    // Whether the customer may keep her connection, and with it the worker, when she has her reply:
    // only while most of the others are free. So those who merely might come back leave half of the
    // workers to those who want something.
    bool may_keep_alive() const { return 2 * taken_ < count_; }

    // One worker, for as long as an HTTP connection has it.
    class Taken {
     public:
        explicit Taken(WorkerLimiter& limiter) : limiter_(limiter) { ++limiter_.taken_; }
        Taken(const Taken&) = delete;
        Taken& operator=(const Taken&) = delete;
        ~Taken() { --limiter_.taken_; }

     private:
        WorkerLimiter& limiter_;
    };

 private:
    const int count_;
    std::atomic<int> taken_ = 0;
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
            const WorkerLimiter::Taken taken(*limiter_);
            serve();
        });
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    std::shared_ptr<WorkerLimiter> limiter_;
    httplib::ThreadPool threads_;
};

}  // namespace shop
