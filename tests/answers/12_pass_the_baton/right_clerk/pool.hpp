// A pool of connections kept by a clerk: a thread of its own that does what it is asked, in order.
//
//     Pool<Manager> pool(manager, {.max_connections = 4});
//     auto lease = pool.acquire("GET /items");
//     lease->exec("…");
//
// Its Manager knows all about connections and nothing about pooling. The pool calls it on its
// customers' threads, so several do at once, each with a connection of its own:
//   Connection connect()          opens one; throws when that cannot be done, or not in time
//   bool reset(Connection&)       makes it as good as new, or throws. False: it was so already
//   bool is_valid(Connection&)    whether an idle one still leads to the database. A throw is a no
//
// The pool has `max_connections` slots, and a slot is the permit: its holder may use the
// connection in it, or open one there. A holder that lets go of it, for any reason, hands it to the
// one who has waited longest. So no slot is lost, and nobody overtakes: while somebody waits, none
// is free. Nobody looks after idle connections: a bad one is closed when its turn comes to be lent.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
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
};

// There was no connection to be had in time. Its text is for the customer.
class PoolExhausted : public Unavailable {
 public:
    using Unavailable::Unavailable;
};

// Thread safe. Stays where it is, and outlives its leases.
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

    // Opens nothing yet. Throws std::invalid_argument when there may be no connection at all.
    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)),
          options_(options.max_connections > 0  // asked before the clerk begins
                       ? options
                       : throw std::invalid_argument("a pool of no connections")),
          clock_(clock) {
        slots_ = std::vector<Slot>(static_cast<std::size_t>(options.max_connections));
        idle_.reserve(slots_.size());
        empty_.reserve(slots_.size());
        for (Slot& slot : slots_) empty_.push_back(&slot);
    }
    Pool(const Pool&) = delete;
    ~Pool() {
        ask([&] { is_closing_ = true; });
        clerk_.join();
    }

    // A connection for `holder`, the name under which the pool speaks of this lease. Waits for its
    // turn, but no longer than `max_wait`, nor a year; checking and opening one takes as long as it
    // takes. Throws PoolExhausted, or what the manager throws when it cannot connect.
    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        Slot& slot = take_slot(std::move(holder), max_wait);
        try {
            make_ready(slot);
        } catch (...) {
            ask([&] {
                ++stats_.failed;
                pass_on(slot);
            });
            throw;
        }
        return Lease(*this, slot);
    }

    PoolStats stats() const {
        PoolStats now;
        ask([&] { now = look(); });
        return now;
    }

 private:
    PoolStats look() const {
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(slots_.size() - idle_.size() - empty_.size());
        now.waiting = static_cast<int>(waiting_.size());
        now.leases = leases();
        return now;
    }

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
        Slot* slot = nullptr;  // as soon as it is his
        std::mutex mutex;
        std::condition_variable served;
    };

    Slot& take_slot(std::string holder, Clock::duration max_wait) {
        Waiter waiter;
        waiter.holder = std::move(holder);
        Clock::time_point came;
        bool is_full = false;
        ask([&] {
            came = clock_.now();
            if (auto& free = idle_.empty() ? empty_ : idle_; !free.empty()) {
                waiter.slot = free.back();
                free.pop_back();
                lend(*waiter.slot, std::move(waiter.holder), came);
                return;
            }
            is_full = static_cast<int>(waiting_.size()) >= options_.max_waiting;
            if (is_full) {
                ++stats_.rejected;
            } else {
                waiting_.push_back(&waiter);
            }
        });
        if (is_full) throw PoolExhausted("too many are waiting already");
        {
            std::unique_lock lock(waiter.mutex);
            while (waiter.slot == nullptr &&
                   clock_.wait_until(waiter.served, lock, came + max_wait) !=
                       std::cv_status::timeout) {
            }
        }
        ask([&] {
            if (waiter.slot != nullptr) {
                stats_.waited += waiter.slot->loan->since - came;
            } else {
                std::erase(waiting_, &waiter);
                ++stats_.timeouts;
            }
        });
        if (waiter.slot == nullptr) throw PoolExhausted("nobody has finished in time");
        return *waiter.slot;
    }

    // Puts a connection that can be used into the slot, if there is none. Not under the lock: it
    // may take long. When it throws the slot is empty.
    void make_ready(Slot& slot) {
        const auto now = slot.loan->since;  // which nobody writes now
        if (slot.connection) {
            if (is_good(slot, now)) return;
            slot.connection.reset();
            ask([&] { ++stats_.discarded; });
        }
        slot.connection.emplace(manager_.connect());
        ask([&] {
            ++stats_.opened;
            slot.expires = now + options_.max_age - options_.max_age * (random_() % 100) / 1000;
        });
    }

    // Whether it may be lent as it is. A check that throws has found out enough.
    bool is_good(Slot& slot, Clock::time_point now) try {
        const bool must_be_checked = now - slot.returned >= options_.valid_for;
        return now < slot.expires && (!must_be_checked || manager_.is_valid(*slot.connection));
    } catch (...) {
        return false;
    }

    // The end of a Lease. The clerk does but the last lines: to clean takes long, too.
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
        ask([&] {
            if (!good) ++stats_.discarded;
            if (dirty) ++stats_.dirty_returns[slot.loan->holder];
            stats_.held += now - slot.loan->since;
            pass_on(slot);
        });
    }

    // The baton: a slot that somebody lets go of is at once that of the one who has waited longest.
    // By the clerk; whom it is passed to asks him something before his Waiter is gone.
    void pass_on(Slot& slot) {
        slot.loan.reset();
        if (waiting_.empty()) {
            (slot.connection ? idle_ : empty_).push_back(&slot);
            return;
        }
        Waiter& first = *waiting_.front();
        waiting_.pop_front();
        lend(slot, std::move(first.holder), clock_.now());  // he may have come just now
        const std::lock_guard lock(first.mutex);
        first.slot = &slot;
        first.served.notify_one();
    }

    // By the clerk.
    void lend(Slot& slot, std::string holder, Clock::time_point now) {
        slot.loan.emplace(Loan{std::move(holder), now});
        ++stats_.acquired;
    }

    // By the clerk: the longest first.
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

    std::vector<Slot> slots_;
    std::vector<Slot*> idle_;      // free, with a connection; the one used last is lent first
    std::vector<Slot*> empty_;     // free, without
    std::deque<Waiter*> waiting_;  // the one who came first in front
    PoolStats stats_;              // what only grows
    std::minstd_rand random_{std::random_device{}()};
    bool is_closing_ = false;

    struct Request {
        std::function<void()> task;
        bool is_done = false;
    };
    void ask(std::function<void()> task) const {
        Request request{std::move(task)};
        std::unique_lock lock(desk_);
        requests_.push_back(&request);
        changed_.notify_all();
        changed_.wait(lock, [&] { return request.is_done; });
    }
    void work() {
        std::unique_lock lock(desk_);
        while (!is_closing_) {
            changed_.wait(lock, [&] { return !requests_.empty(); });
            Request& request = *requests_.front();
            requests_.pop_front();
            lock.unlock();
            request.task();
            lock.lock();
            request.is_done = true;
            changed_.notify_all();
        }
    }
    mutable std::mutex desk_;
    mutable std::condition_variable changed_;
    mutable std::deque<Request*> requests_;
    std::thread clerk_{[this] { work(); }};  // the last: it uses all of it
};

}  // namespace shop
