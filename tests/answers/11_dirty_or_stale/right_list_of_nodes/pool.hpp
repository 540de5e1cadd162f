// A pool of std::list nodes, which are spliced from list to list, and a sweep at every return: what
// has grown old is closed without waiting for somebody who wants it.

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
//   bool is_valid(Connection&)    whether an idle one still leads to the database. Does not throw
//
// The pool has `max_connections` slots, and a slot is the permit: whoever has it may use the
// connection in it, or open one there.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <list>
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
    // A connection that was idle for as long, or longer, is checked before it is lent.
    std::chrono::milliseconds valid_for{0};
    // One that has reached this age, or up to a tenth less, is replaced: not all in one moment.
    std::chrono::milliseconds max_age{1'800'000};
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

 public:
    using Connection = decltype(std::declval<Manager&>().connect());

    // The right to use a connection until it goes out of scope. Move-only, and the connection is
    // used by one thread at a time; any thread may give it back. That never waits for anybody and
    // never throws: a connection that cannot be cleaned is closed, and the next one opens another.
    class Lease {
     public:
        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), node_(other.node_) {}
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (pool_ != nullptr) pool_->take_back(node_);
        }
        Connection& operator*() const { return *node_->connection; }
        Connection* operator->() const { return &*node_->connection; }

     private:
        friend class Pool;
        Lease(Pool& pool, typename std::list<Slot>::iterator node) : pool_(&pool), node_(node) {}
        Pool* pool_;
        typename std::list<Slot>::iterator node_;
    };

    // Opens nothing yet. Throws std::invalid_argument when there may be no connection at all.
    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)), options_(options), clock_(clock) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
        for (int i = 0; i < options.max_connections; ++i) empty_.emplace_back();
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    // A connection for `holder`, the name under which the pool speaks of this lease. Waits for its
    // turn, but no longer than `max_wait`; opening a connection takes as long as it takes. Throws
    // PoolExhausted, or what the manager throws when it cannot connect.
    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        Lease lease(*this, take_slot(std::move(holder), max_wait));
        make_ready(*lease.node_);
        return lease;
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(lent_.size());
        now.waiting = waiting_;
        now.leases = leases();
        return now;
    }

 private:
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };

    // What is in it is read and written by whoever has the slot; `loan` only with the lock, because
    // anybody may ask who has it.
    struct Slot {
        std::optional<Connection> connection;
        Clock::time_point expires;
        Clock::time_point returned;
        std::optional<Loan> loan;  // nothing: the slot is free
    };

    using Nodes = std::list<Slot>;

    typename Nodes::iterator take_slot(std::string holder, Clock::duration max_wait) {
        const auto came = clock_.now();
        std::unique_lock lock(mutex_);
        if (!is_any_free()) wait_for_slot(lock, came + max_wait);
        auto& free = idle_.empty() ? empty_ : idle_;
        const auto node = free.begin();
        lent_.splice(lent_.end(), free, node);
        node->loan.emplace(Loan{std::move(holder), clock_.now()});
        ++stats_.acquired;
        stats_.waited += node->loan->since - came;
        return node;
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

    void make_ready(Slot& slot) {
        if (slot.connection && !is_good(slot)) {
            slot.connection.reset();
            const std::lock_guard lock(mutex_);
            ++stats_.discarded;
        }
        if (slot.connection) return;
        slot.connection.emplace(manager_.connect());
        const auto now = clock_.now();
        const std::lock_guard lock(mutex_);
        std::uniform_real_distribution<> factor(0.901, 0.999);
        slot.expires =
            now + std::chrono::duration_cast<Clock::duration>(options_.max_age * factor(random_));
        ++stats_.opened;
    }

    bool is_good(Slot& slot) {
        const auto now = clock_.now();
        if (now >= slot.expires) return false;
        if (now < slot.returned + options_.valid_for) return true;
        try {
            return manager_.is_valid(*slot.connection);
        } catch (...) {
            return false;
        }
    }

    void take_back(typename Nodes::iterator node) noexcept {
        bool dirty = false;
        if (node->connection) {
            try {
                dirty = manager_.reset(*node->connection);
            } catch (...) {
                dirty = true;
                node->connection.reset();
            }
        }
        node->returned = clock_.now();
        Nodes old;  // closed when the lock is not held any more; its permits stay
        {
            const std::lock_guard lock(mutex_);
            if (dirty) ++stats_.dirty_returns[node->loan->holder];
            if (dirty && !node->connection) ++stats_.discarded;
            stats_.held += node->returned - node->loan->since;
            node->loan.reset();
            auto& free = node->connection ? idle_ : empty_;
            free.splice(free.begin(), lent_, node);
            returned_.notify_one();
            // A sweep: those that grew old while nobody used them.
            for (auto each = idle_.begin(); each != idle_.end();) {
                const auto next = std::next(each);
                if (node->returned >= each->expires) old.splice(old.end(), idle_, each);
                each = next;
            }
        }
        if (old.empty()) return;
        for (Slot& slot : old) slot.connection.reset();
        const std::lock_guard lock(mutex_);
        stats_.discarded += old.size();
        empty_.splice(empty_.end(), old);
        returned_.notify_all();
    }

    // With the lock held: the longest first.
    std::vector<LeaseStats> leases() const {
        const auto now = clock_.now();
        std::vector<LeaseStats> all;
        for (const Slot& slot : lent_) {
            if (slot.loan) all.push_back({slot.loan->holder, now - slot.loan->since});
        }
        std::ranges::sort(all, std::ranges::greater{}, &LeaseStats::held);
        return all;
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;

    mutable std::mutex mutex_;  // guards what follows
    Nodes idle_;
    Nodes empty_;
    Nodes lent_;
    std::condition_variable returned_;
    int waiting_ = 0;
    PoolStats stats_;  // what only grows
    std::mt19937 random_{std::random_device{}()};
};

}  // namespace shop
