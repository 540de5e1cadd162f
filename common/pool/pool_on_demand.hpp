// A pool whose size the database tells. A shop is to open also while its database is down, so the
// pool is made when the first customer needs it, and not before.
#pragma once

#include <atomic>
#include <chrono>
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

    // Asks for no connection, and waits for nobody. All 0 while there is no pool.
    PoolStats stats() const {
        const Pool* const pool = made_;
        return pool == nullptr ? PoolStats{} : pool->stats();
    }

 private:
    Pool& pool() {
        if (Pool* const pool = made_) return *pool;
        const std::unique_lock lock(making_, std::chrono::seconds(2));
        if (!lock) throw Unavailable("the database cannot be reached");
        if (!pool_) pool_ = make_();
        made_ = pool_.get();
        return *pool_;
    }

    const std::function<std::unique_ptr<Pool>()> make_;
    std::timed_mutex making_;  // guards what follows
    std::unique_ptr<Pool> pool_;
    std::atomic<Pool*> made_ = nullptr;  // to be read without it
};

}  // namespace shop
