// What the course's pool is measured against: pools that let a newcomer overtake.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "earlier/12_pass_the_baton/pool.hpp"

namespace shop {

// The pool of lesson 12 without its line of waiters: a connection that comes back is free, and goes
// to the first that has the lock. It keeps the same books: names, times, counts, the limit of those
// who wait, the deadline.
//
// What it lacks: it opens all its connections when it is made, and keeps them. So there is no
// failed connect, no check of an idle connection, no age, no connection that is discarded, and no
// list of who has a connection at the moment.
//
// Thread safe. Outlives its leases.
template <typename Manager>
class UnfairPool {
    struct Slot;
    struct GiveBack {
        UnfairPool* pool;
        void operator()(Slot* slot) const noexcept { pool->take_back(*slot); }
    };

 public:
    using Connection = decltype(std::declval<Manager&>().connect());

    class Lease {
     public:
        Connection& operator*() const { return slot_->connection; }

     private:
        friend class UnfairPool;
        Lease(UnfairPool& pool, Slot& slot) : slot_(&slot, GiveBack{&pool}) {}
        std::unique_ptr<Slot, GiveBack> slot_;
    };

    explicit UnfairPool(Manager manager, PoolOptions options = {},
                        Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)), options_(options), clock_(clock) {
        const auto count = static_cast<std::size_t>(options.max_connections);
        slots_.reserve(count);
        while (slots_.size() < count) slots_.push_back({manager_.connect(), {}, {}});
        idle_.reserve(count);
        for (Slot& slot : slots_) idle_.push_back(&slot);
    }

    Lease acquire(std::string holder) {
        const auto came = clock_.now();
        std::unique_lock lock(mutex_);
        if (idle_.empty()) wait_for_connection(lock, came + options_.max_wait);
        Slot& slot = *idle_.back();
        idle_.pop_back();
        slot.holder = std::move(holder);
        slot.since = came;
        ++stats_.acquired;
        return Lease(*this, slot);
    }

 private:
    struct Slot {
        Connection connection;
        std::string holder;
        Clock::time_point since;
    };

    // With the lock held, but for the waiting.
    void wait_for_connection(std::unique_lock<std::mutex>& lock, Clock::time_point deadline) {
        if (stats_.waiting >= options_.max_waiting) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting already");
        }
        const auto began = clock_.now();
        ++stats_.waiting;
        while (idle_.empty() &&
               clock_.wait_until(returned_, lock, deadline) != std::cv_status::timeout) {
        }
        --stats_.waiting;
        if (idle_.empty()) {
            ++stats_.timeouts;
            throw PoolExhausted("nobody has finished in time");
        }
        stats_.waited += clock_.now() - began;
    }

    void take_back(Slot& slot) noexcept {
        const bool dirty = manager_.reset(slot.connection);
        const auto now = clock_.now();
        const std::lock_guard lock(mutex_);
        if (dirty) ++stats_.dirty_returns[slot.holder];
        stats_.held += now - slot.since;
        idle_.push_back(&slot);
        if (stats_.waiting > 0) returned_.notify_one();
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable returned_;
    std::vector<Slot> slots_;
    std::vector<Slot*> idle_;
    PoolStats stats_;
};

// The floor: a mutex, a vector and a condition variable. No names, no deadline, no counts, no
// clock. Thread safe. Outlives its leases.
template <typename Manager>
class BarePool {
 public:
    using Connection = decltype(std::declval<Manager&>().connect());

    class Lease {
     public:
        Lease(BarePool& pool, Connection& connection) : connection_(&connection, GiveBack{&pool}) {}
        Connection& operator*() const { return *connection_; }

     private:
        struct GiveBack {
            BarePool* pool;
            void operator()(Connection* connection) const noexcept { pool->take_back(*connection); }
        };
        std::unique_ptr<Connection, GiveBack> connection_;
    };

    explicit BarePool(Manager manager, PoolOptions options = {}) {
        const auto count = static_cast<std::size_t>(options.max_connections);
        connections_.reserve(count);
        while (connections_.size() < count) connections_.push_back(manager.connect());
        idle_.reserve(count);
        for (Connection& connection : connections_) idle_.push_back(&connection);
    }

    Lease acquire(std::string_view /*holder*/) {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [this] { return !idle_.empty(); });
        Connection& connection = *idle_.back();
        idle_.pop_back();
        return Lease(*this, connection);
    }

 private:
    void take_back(Connection& connection) noexcept {
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(&connection);
        }
        returned_.notify_one();
    }

    std::mutex mutex_;  // guards what follows
    std::condition_variable returned_;
    std::vector<Connection> connections_;
    std::vector<Connection*> idle_;
};

}  // namespace shop
