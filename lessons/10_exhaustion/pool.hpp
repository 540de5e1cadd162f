// A pool of connections: each is lent to one borrower at a time, and kept for the next one.
//
//     Pool<Engine> pool(engine, {.max_connections = 4});
//     auto lease = pool.acquire("GET /items");
//     lease->exec("…");
//
// Its Manager knows how to open a connection; the pool calls it without its lock, so several
// threads do at once:
//   Connection connect()          throws when that cannot be done
//
// A slot is the place of one connection:
// its holder may use the connection in it, or open one there.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pool/stats.hpp"
#include "shop/refusal.hpp"
#include "time/clock.hpp"

namespace shop {

// What a shop asks of its pool.
struct PoolOptions {
    int max_connections = 4;
    int max_waiting = 64;                      // more are turned away at once
    std::chrono::milliseconds max_wait{2000};  // for a connection
};

// There was no connection to be had in time. Its text is for the customer.
class PoolExhausted : public Unavailable {
 public:
    using Unavailable::Unavailable;
};

// Thread safe. Outlives its leases.
template <typename Manager>
class Pool {
    struct Slot;
    struct GiveBack {
        Pool* pool;
        void operator()(Slot* slot) const noexcept { pool->take_back(*slot); }
    };

 public:
    using Connection = decltype(std::declval<Manager&>().connect());

    // The right to use a connection until it goes out of scope. Move-only, and the connection is
    // used by one thread at a time; any thread may give it back.
    // That never waits for anybody and never throws.
    class Lease {
     public:
        Connection& operator*() const { return *slot_->connection; }
        Connection* operator->() const { return &*slot_->connection; }

     private:
        friend class Pool;
        Lease(Pool& pool, Slot& slot) : slot_(&slot, GiveBack{&pool}) {}
        std::unique_ptr<Slot, GiveBack> slot_;
    };

    // Opens nothing yet. Throws std::invalid_argument when there may be no connection at all.
    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)), options_(options), clock_(clock) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    // A connection for `holder`, the name under which the pool speaks of this lease: an idle one,
    // or else another. Throws what the manager throws when it cannot connect.
    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration /*max_wait*/) {
        Slot& slot = take_slot(std::move(holder));
        if (!slot.connection) open(slot);
        return Lease(*this, slot);
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(slots_.size() - idle_.size());
        now.leases = leases();
        return now;
    }

 private:
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };

    // Only the slot's holder reads and writes what is in it; `loan` only with the lock, because
    // anybody may ask who has it.
    struct Slot {
        std::optional<Connection> connection;
        std::optional<Loan> loan;  // nothing: the slot is free
    };

    Slot& take_slot(std::string holder) {
        const std::lock_guard lock(mutex_);
        Slot* slot = nullptr;
        if (idle_.empty()) {
            slot = &slots_.emplace_back();
            idle_.reserve(slots_.size());  // so that giving back cannot fail
        } else {
            slot = idle_.back();
            idle_.pop_back();
        }
        slot->loan.emplace(Loan{std::move(holder), clock_.now()});
        ++stats_.acquired;
        return *slot;
    }

    // Not under the lock: to open a connection takes long.
    void open(Slot& slot) {
        slot.connection.emplace(manager_.connect());
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
    }

    // The end of a Lease.
    void take_back(Slot& slot) noexcept {
        const std::lock_guard lock(mutex_);
        stats_.held += clock_.now() - slot.loan->since;
        slot.loan.reset();
        idle_.push_back(&slot);
    }

    // With the lock held: the longest first.
    std::vector<LeaseStats> leases() const {
        const auto now = clock_.now();
        std::vector<LeaseStats> all;
        for (const Slot& slot : slots_) {
            if (slot.loan) all.push_back({slot.loan->holder, now - slot.loan->since});
        }
        std::ranges::sort(all, std::ranges::greater{}, &LeaseStats::held);
        return all;
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;

    mutable std::mutex mutex_;  // guards what follows
    std::deque<Slot> slots_;    // stay where they are while more are added
    std::vector<Slot*> idle_;   // free, with a connection; the one used last is lent first
    PoolStats stats_;           // what only grows
};

}  // namespace shop
