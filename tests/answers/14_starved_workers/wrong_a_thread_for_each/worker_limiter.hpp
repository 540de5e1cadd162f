// Rejected by: A hundred idle customers do not stop the next one
// Overlooks: As many threads as customers: without a bound on either, the machine's is the bound.

// The shop's workers: threads that come with the customers and go with them.
// Those who may wait are bounded.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

#include "shop/refusal.hpp"

namespace shop {

// Thread safe.
class WorkerLimiter {
 public:
    explicit WorkerLimiter(int workers) : places_(workers - 1) {}

    // A place among those who may have to wait. Move-only.
    class Place {
     public:
        explicit Place(WorkerLimiter& limiter) : limiter_(&limiter, &leave) {}

     private:
        static void leave(WorkerLimiter* limiter) { limiter->places_.release(); }
        std::unique_ptr<WorkerLimiter, void (*)(WorkerLimiter*)> limiter_;
    };

    // Throws shop::Unavailable when there is none.
    Place enter() {
        if (!places_.try_acquire()) throw Unavailable("everybody is busy");
        return Place(*this);
    }

 private:
    std::counting_semaphore<> places_;
};

// Starts a thread for each connection; one that finds nothing to do retires.
class ElasticQueue : public httplib::TaskQueue {
 public:
    explicit ElasticQueue(std::shared_ptr<WorkerLimiter> limiter) : limiter_(std::move(limiter)) {}

    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

    Enqueued enqueue(std::function<void()> serve) override {
        const std::lock_guard lock(mutex_);
        join_retired();
        waiting_.push_back(std::move(serve));
        threads_.emplace_front();
        threads_.front() = std::thread([this, self = threads_.begin()] { run(self); });
        return static_cast<Enqueued>(true);
    }

    void shutdown() override {
        std::unique_lock lock(mutex_);
        retired_one_.wait(lock, [this] { return threads_.empty(); });
        join_retired();
    }

 private:
    void run(std::list<std::thread>::iterator self) {
        std::unique_lock lock(mutex_);
        while (!waiting_.empty()) {
            const auto serve = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            serve();
            lock.lock();
        }
        retired_.splice(retired_.end(), threads_, self);
        retired_one_.notify_all();
    }

    // With the lock held. They have only the lock to let go of, and did so.
    void join_retired() {
        for (std::thread& thread : retired_) thread.join();
        retired_.clear();
    }

    std::shared_ptr<WorkerLimiter> limiter_;
    std::mutex mutex_;
    std::condition_variable retired_one_;
    std::list<std::function<void()>> waiting_;
    std::list<std::thread> threads_;
    std::list<std::thread> retired_;
};

}  // namespace shop
