// Rejected by: Whoever found the shop full is let in when the others have gone
// Overlooks: The mark is the thread's, and nobody takes it off when the connection has ended: each
// full house leaves one more worker that serves nobody but /healthz.

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

// Thread safe. What it answers is about the connection that the calling worker serves.
class WorkerLimiter {
 public:
    // Throws std::invalid_argument when there are not two:
    // one may have to wait, the other must not.
    explicit WorkerLimiter(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // Comes before anything that may take long for reasons of others: a database connection, the
    // bank. Throws shop::Unavailable when this is the last worker.
    // So those who wait never have all of them.
    void require_free_worker() const {
        if (is_last_) throw Unavailable("everybody is busy");
    }

    // Whether the customer may keep her connection, and with it the worker, when she has her reply:
    // not the last one, and only while most of the others are free. So those who merely might come
    // back leave half of the workers to those who want something.
    bool may_keep_alive() const { return !is_last_ && 2 * taken_ < count_; }

    // One worker, taken by the calling worker for an HTTP connection.
    class Taken {
     public:
        explicit Taken(WorkerLimiter& limiter) : limiter_(limiter) {
            if (++limiter.taken_ >= limiter.count_) is_last_ = true;
        }
        Taken(const Taken&) = delete;
        Taken& operator=(const Taken&) = delete;
        ~Taken() { --limiter_.taken_; }

     private:
        WorkerLimiter& limiter_;
    };

 private:
    // Decided when an HTTP connection takes its worker, and true until it ends. Then at most count
    // - 1 connections at a time are others, however many come and go.
    static inline thread_local bool is_last_ = false;

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
