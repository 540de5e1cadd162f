// Rejected by: Those who wait are served in the order in which they came
// Rejected by: Nobody overtakes those who wait
// Overlooks: All who wait are woken, and still the quickest is next.

// A pool of connections: a bounded number of them, lent one at a time, and each as good as new.
//
//     Pool<Manager> pool(manager, {.max_connections = 4});
//     auto lease = pool.acquire("GET /items");
//     lease->exec("…");
//
// Its Manager knows all about connections and nothing about pooling. The pool calls it without its
// lock, so several threads do at once, each with a connection of its own:
//   Connection connect()          opens a connection; throws when that cannot be done
//   bool reset(Connection&)       makes what has come back as good as new. False: it was so
//                                 already. Throws when it cannot be made so
//   bool is_valid(Connection&)    whether an idle one still leads to the database
//
// The pool has `max_connections` slots, and a slot is the permit: whoever has it may use the
// connection in it, or open one there.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pool/stats.hpp"
#include "shop/refusal.hpp"
#include "time/clock.hpp"

namespace shop {

struct PoolOptions {
    int max_connections = 4;
    int max_waiting = 64;                      // more are turned away at once
    std::chrono::milliseconds max_wait{2000};  // for a connection
    std::chrono::milliseconds valid_for{0};    // one idle for so long is checked before it is lent
    std::chrono::milliseconds max_age{1'800'000};  // or up to a tenth less: not all in one moment
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
    // used by one thread at a time; any thread may give it back. That never waits for anybody and
    // never throws: a connection that cannot be cleaned is closed, and the next one opens another.
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
        slots_ = std::vector<Slot>(static_cast<std::size_t>(options.max_connections));
        idle_.reserve(slots_.size());
        empty_.reserve(slots_.size());
        for (Slot& slot : slots_) empty_.push_back(&slot);
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    // A connection for `holder`, the name under which the pool speaks of this lease. Waits for its
    // turn, but no longer than `max_wait`; opening a connection takes as long as it takes. Throws
    // PoolExhausted, or what the manager throws when it cannot connect.
    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        Slot& slot = take_slot(std::move(holder), max_wait);
        try {
            make_ready(slot);
        } catch (...) {
            slot.connection.reset();
            const std::lock_guard lock(mutex_);
            ++stats_.failed;
            free(slot);
            throw;
        }
        return Lease(*this, slot);
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(slots_.size() - idle_.size() - empty_.size());
        now.waiting = waiting_;
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
        Clock::time_point expires;
        Clock::time_point returned;
        std::optional<Loan> loan;  // nothing: the slot is free
    };

    Slot& take_slot(std::string holder, Clock::duration max_wait) {
        const auto came = clock_.now();
        std::unique_lock lock(mutex_);
        if (!is_any_free()) wait_for_slot(lock, came + max_wait);
        auto& free = idle_.empty() ? empty_ : idle_;
        Slot& slot = *free.back();
        free.pop_back();
        slot.loan.emplace(Loan{std::move(holder), clock_.now()});
        ++stats_.acquired;
        stats_.waited += slot.loan->since - came;
        return slot;
    }

    // With the lock held, but for the waiting.
    void wait_for_slot(std::unique_lock<std::mutex>& lock, Clock::time_point deadline) {
        if (waiting_ >= options_.max_waiting) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting already");
        }
        ++waiting_;
        while (!is_any_free() &&
               clock_.wait_until(returned_, lock, deadline) != std::cv_status::timeout) {
        }
        --waiting_;
        if (is_any_free()) return;
        ++stats_.timeouts;
        throw PoolExhausted("nobody has finished in time");
    }

    bool is_any_free() const { return !idle_.empty() || !empty_.empty(); }

    // Puts a connection that can be used into the slot, if there is none.
    // Not under the lock: it may take long.
    void make_ready(Slot& slot) {
        const auto now = slot.loan->since;  // which nobody writes now
        if (slot.connection) {
            const bool must_be_checked = now - slot.returned >= options_.valid_for;
            if (now < slot.expires && (!must_be_checked || manager_.is_valid(*slot.connection)))
                return;
            slot.connection.reset();
            const std::lock_guard lock(mutex_);
            ++stats_.discarded;
        }
        slot.connection.emplace(manager_.connect());
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
        slot.expires = now + options_.max_age - options_.max_age * (random_() % 100) / 1000;
    }

    // The end of a Lease. Outside the lock, but for the last lines: to clean takes long, too.
    void take_back(Slot& slot) noexcept {
        bool dirty = true;
        bool good = false;
        try {
            dirty = manager_.reset(*slot.connection);
            good = true;
        } catch (...) {  // then it cannot be made as good as new
        }
        const auto now = clock_.now();
        good = good && now < slot.expires;
        if (!good) slot.connection.reset();  // before another is opened in its place
        slot.returned = now;
        const std::lock_guard lock(mutex_);
        if (!good) ++stats_.discarded;
        if (dirty) ++stats_.dirty_returns[slot.loan->holder];
        stats_.held += now - slot.loan->since;
        free(slot);
    }

    // With the lock held.
    void free(Slot& slot) {
        slot.loan.reset();
        (slot.connection ? idle_ : empty_).push_back(&slot);
        returned_.notify_all();
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
    std::vector<Slot> slots_;
    std::vector<Slot*> idle_;   // free, with a connection; the one used last is lent first
    std::vector<Slot*> empty_;  // free, without
    std::condition_variable returned_;
    int waiting_ = 0;
    PoolStats stats_;  // what only grows
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace shop
