// A pool whose size the database tells. A shop is to open also while its database is down, so the
// pool is made when the first customer needs it, and not before.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "pool/stats.hpp"
#include "shop/refusal.hpp"

namespace shop {

// Lends what the pool lends. Thread safe.
template <typename Pool>
class PoolOnDemand {
 public:
    // `make` is called by one thread at a time, until it has once returned a pool.
    explicit PoolOnDemand(std::function<std::unique_ptr<Pool>()> make) : make_(std::move(make)) {}

    // As the pool's own. Throws also what `make` throws, and shop::Unavailable when another is
    // still making the pool after two seconds.
    auto acquire(std::string holder) { return pool().acquire(std::move(holder)); }
    auto acquire(std::string holder, std::chrono::milliseconds max_wait) {
        return pool().acquire(std::move(holder), max_wait);
    }

    // As the pool's own. None is made any more: then shop::Unavailable is thrown.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        if (Pool* const pool = made_) pool->close();
    }

    // Asks for no connection, and waits for nobody. All 0 while there is no pool.
    PoolStats stats() const {
        const Pool* const pool = made_;
        return pool == nullptr ? PoolStats{} : pool->stats();
    }

 private:
    Pool& pool() {
        if (Pool* const pool = made_) return *pool;
        std::unique_lock lock(mutex_);
        if (!nobody_makes_it_.wait_for(lock, std::chrono::seconds(2), [&] { return !is_making_; }))
            throw Unavailable("the database cannot be reached");
        if (is_closed_) throw Unavailable("the shop is closing");
        if (!pool_) make(lock);
        return *pool_;
    }

    // Not under the lock: the others wait no longer than they have to.
    void make(std::unique_lock<std::mutex>& lock) {
        is_making_ = true;
        lock.unlock();
        std::unique_ptr<Pool> pool;
        std::exception_ptr error;
        try {
            pool = make_();
        } catch (...) {
            error = std::current_exception();
        }
        lock.lock();
        is_making_ = false;
        nobody_makes_it_.notify_all();
        if (error) std::rethrow_exception(error);
        pool_ = std::move(pool);
        made_ = pool_.get();
        if (is_closed_) pool_->close();
    }

    const std::function<std::unique_ptr<Pool>()> make_;
    std::mutex mutex_;  // guards what follows; nobody_makes_it_ is told when is_making_ ends
    std::condition_variable nobody_makes_it_;
    bool is_making_ = false;
    bool is_closed_ = false;
    std::unique_ptr<Pool> pool_;
    std::atomic<Pool*> made_ = nullptr;  // to be read without it
};

}  // namespace shop
