// A pool of connections: a bounded number of them, lent one at a time, first come, first served.
//
//     Pool<Manager> pool(manager, {.max_connections = 4});
//     auto lease = pool.acquire("GET /items");
//     lease->exec("…");
//     pool.close();
//
// Its Manager knows all about connections and nothing about pooling. The pool calls it without its
// lock, so several threads do at once, each with a connection of its own:
//   Connection connect()          opens one; throws when that cannot be done, or not in time
//   bool reset(Connection&)       makes it as good as new, or throws. False: it was so already
//   bool is_valid(Connection&)    whether an idle one still leads to the database. A throw is a no
//
// The pool has `max_connections` slots, and a slot is the permit: its holder may use the
// connection in it, or open one there. A holder that lets go of it, for any reason, hands it to the
// one who has waited longest. So no slot is lost, and nobody overtakes: while somebody waits, none
// is free, but for what `barging_for` lets newcomers have. No thread looks after idle connections:
// a bad one is closed when its turn comes to be lent, one too many when another comes back. Once
// the pool is closed nobody gets a slot any more, and a connection that comes back is not kept.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pool/manager.hpp"
#include "pool/stats.hpp"
#include "shop/refusal.hpp"
#include "time/clock.hpp"

namespace shop {

struct PoolOptions {  // none of its times is longer than a year
    int max_connections = 4;
    int max_waiting = 64;                      // more are turned away at once
    std::chrono::milliseconds max_wait{2000};  // for a connection
    std::chrono::milliseconds valid_for{0};    // one idle for so long is checked before it is lent
    std::chrono::milliseconds max_age{1'800'000};  // or up to a tenth less: not all in one moment
    // One that nobody has used for so long is closed when another comes back, if more are idle.
    std::chrono::milliseconds idle_timeout{600'000};
    int min_idle = 4;
    // Newcomers may overtake until the first in line has waited for so long. 0: they never may.
    std::chrono::milliseconds barging_for{0};
};

// There was no connection to be had in time. Its text is for the customer.
class PoolExhausted : public Unavailable {
 public:
    using Unavailable::Unavailable;
};

// The pool is closed: no connection will be had again.
class PoolClosed : public Unavailable {
 public:
    PoolClosed() : Unavailable("the shop is closing") {}
};

// Thread safe. Stays where it is, and outlives its leases, whether it is closed or not.
template <PoolManager Manager>
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

    // Opens nothing yet. Throws std::invalid_argument when there may be no connection at all, or
    // `min_idle` is less than none.
    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)), options_(options), clock_(clock) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
        if (options.min_idle < 0) throw std::invalid_argument("a pool that keeps less than none");
        slots_ = std::vector<Slot>(static_cast<std::size_t>(options.max_connections));
        idle_.reserve(slots_.size());
        empty_.reserve(slots_.size());
        for (Slot& slot : slots_) empty_.push_back(&slot);
    }
    Pool(const Pool&) = delete;

    // A connection for `holder`, the name under which the pool speaks of this lease. Waits for its
    // turn, but no longer than `max_wait`, nor a year; checking and opening one takes as long as it
    // takes. Throws PoolExhausted, PoolClosed, or what the manager throws when it cannot connect.
    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        Slot& slot = take_slot(std::move(holder), max_wait);
        try {
            make_ready(slot);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            ++stats_.failed;
            pass_on(slot);
            throw;
        }
        return Lease(*this, slot);
    }

    // Closes the pool. Those who wait for a connection, or ask for one later, are told PoolClosed;
    // a thread that has its place, or opens a connection, still gets it. Idle connections are
    // closed when this returns, lent ones when they come back. Waits for no lease. From any thread,
    // any number of times.
    void close() {
        const std::lock_guard one_at_a_time(closing_);
        std::unique_lock lock(mutex_);
        is_closed_ = true;
        for (Waiter* waiter : waiting_) waiter->served.notify_one();
        const std::vector<Slot*> idle = std::exchange(idle_, {});
        lock.unlock();
        for (Slot* slot : idle) slot->connection.reset();
        lock.lock();
        empty_.insert(empty_.end(), idle.begin(), idle.end());
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(slots_.size() - idle_.size() - empty_.size());
        now.waiting = static_cast<int>(waiting_.size());
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

    struct Waiter {
        std::string holder;
        Clock::time_point came;
        Slot* slot = nullptr;  // as soon as it is his
        std::condition_variable served;
    };

    Slot& take_slot(std::string holder, Clock::duration max_wait) {
        const auto came = clock_.now();
        std::unique_lock lock(mutex_);
        if (is_closed_) throw PoolClosed();
        if (is_any_free() && (waiting_.empty() || may_overtake(came))) {
            Slot& slot = take_free();
            lend(slot, std::move(holder), std::max(came, slot.returned));
            return slot;
        }
        if (static_cast<int>(waiting_.size()) >= options_.max_waiting) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting already");
        }
        const auto deadline = came + std::min<Clock::duration>(max_wait, std::chrono::years(1));
        Waiter waiter{std::move(holder), came, nullptr, {}};
        waiting_.push_back(&waiter);
        for (bool is_over = false; waiter.slot == nullptr && !is_closed_ && !is_over;) {
            is_over = clock_.wait_until(waiter.served, lock, deadline) == std::cv_status::timeout;
            while (is_any_free() && !waiting_.empty()) hand_over(take_free());
        }
        if (waiter.slot == nullptr) {  // else it came at the last moment, and is not to be lost
            std::erase(waiting_, &waiter);
            if (is_closed_) throw PoolClosed();
            ++stats_.timeouts;
            throw PoolExhausted("nobody has finished in time");
        }
        stats_.waited += waiter.slot->loan->since - came;
        return *waiter.slot;
    }

    // Puts a connection that can be used into the slot, if there is none. Not under the lock: it
    // may take long. When it throws the slot is empty.
    void make_ready(Slot& slot) {
        const auto now = slot.loan->since;  // which nobody writes now
        if (slot.connection) {
            if (is_good(slot, now)) return;
            slot.connection.reset();
            const std::lock_guard lock(mutex_);
            ++stats_.discarded;
        }
        slot.connection.emplace(manager_.connect());
        const auto opened = clock_.now();
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
        slot.expires = opened + options_.max_age - options_.max_age * (random_() % 100) / 1000;
    }

    // Whether it may be lent as it is. A check that throws has found out enough.
    bool is_good(Slot& slot, Clock::time_point now) try {
        const bool must_be_checked = now - slot.returned >= options_.valid_for;
        return now < slot.expires && (!must_be_checked || manager_.is_valid(*slot.connection));
    } catch (...) {
        return false;
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
        std::optional<Connection> last;  // closed when the lock is gone
        std::unique_lock lock(mutex_);
        if (is_closed_ && slot.connection) {
            last.emplace(std::move(*slot.connection));
            slot.connection.reset();
        }
        if (!good) ++stats_.discarded;
        stats_.held += now - slot.loan->since;
        try {
            if (dirty) ++stats_.dirty_returns[slot.loan->holder];
        } catch (const std::bad_alloc&) {  // a count is lost, and not the slot
        }
        pass_on(slot);
        close_unused(lock, now);
    }

    // With the lock held, but for the closing. The one idle for longest is the lowest in the stack.
    void close_unused(std::unique_lock<std::mutex>& lock, Clock::time_point now) noexcept {
        if (std::ssize(idle_) <= options_.min_idle ||
            now - idle_.front()->returned < options_.idle_timeout) {
            return;
        }
        Slot& slot = *idle_.front();
        idle_.erase(idle_.begin());
        ++stats_.discarded;
        lock.unlock();
        slot.connection.reset();
        lock.lock();
        pass_on(slot);
    }

    // The baton: a slot that somebody lets go of is at once that of the one who has waited longest.
    // While newcomers may overtake him it is free, and he is told to come and look.
    // With the lock held, also while he is told: once he has the lock his Waiter is gone.
    void pass_on(Slot& slot) {
        slot.loan.reset();
        if (!is_closed_ && !waiting_.empty() && !may_overtake(clock_.now())) return hand_over(slot);
        (slot.connection ? idle_ : empty_).push_back(&slot);
        if (!waiting_.empty()) waiting_.front()->served.notify_one();
    }

    // With the lock held, as all below: may a newcomer be served before the first in line?
    bool may_overtake(Clock::time_point now) const {
        return now - waiting_.front()->came < options_.barging_for;
    }

    bool is_any_free() const { return !is_closed_ && (!idle_.empty() || !empty_.empty()); }

    Slot& take_free() {
        auto& free = idle_.empty() ? empty_ : idle_;
        Slot& slot = *free.back();
        free.pop_back();
        return slot;
    }

    // To the first in line.
    void hand_over(Slot& slot) {
        Waiter& first = *waiting_.front();
        waiting_.pop_front();
        lend(slot, std::move(first.holder), clock_.now());  // he may have come just now
        first.slot = &slot;
        first.served.notify_one();
    }

    void lend(Slot& slot, std::string holder, Clock::time_point now) {
        slot.loan.emplace(Loan{std::move(holder), now});
        ++stats_.acquired;
    }

    // The longest first.
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

    std::mutex closing_;        // taken before `mutex_`
    mutable std::mutex mutex_;  // guards what follows
    bool is_closed_ = false;
    std::vector<Slot> slots_;
    std::vector<Slot*> idle_;      // free, with a connection; the one used last is lent first
    std::vector<Slot*> empty_;     // free, without
    std::deque<Waiter*> waiting_;  // the one who came first in front
    PoolStats stats_;              // what only grows
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace shop
