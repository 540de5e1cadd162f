// A pool without a queue and, but for what it says of who has a session, without a lock: a
// semaphore counts the permits, and free slots are two stacks of indices. It goes by the system's
// steady clock, but for what it says of itself.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pool_stats.hpp"
#include "shop/refusal.hpp"
#include "time/clock.hpp"

struct PoolOptions {
    int max_sessions = 4;
    int max_waiting = 64;                      // more are turned away at once
    std::chrono::milliseconds max_wait{2000};  // for a session
};

class PoolExhausted : public shop::Unavailable {
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
    using Session = decltype(std::declval<Manager&>().connect());

    // The right to use a session until it goes out of scope. Move-only.
    class Lease {
     public:
        Session& operator*() const { return *slot_->session; }
        Session* operator->() const { return &*slot_->session; }

     private:
        friend class Pool;
        Lease(Pool& pool, Slot& slot) : slot_(&slot, GiveBack{&pool}) {}
        std::unique_ptr<Slot, GiveBack> slot_;
    };

    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)),
          options_(options),
          clock_(clock),
          permits_(options.max_sessions < 1 ? throw std::invalid_argument("a pool of no sessions")
                                            : options.max_sessions),
          slots_(static_cast<std::size_t>(options.max_sessions)) {
        for (Slot& slot : slots_) put(empty_, slot);
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        const auto came = std::chrono::steady_clock::now();
        if (!permits_.try_acquire()) wait_for_permit(came + max_wait);
        Slot* slot = take(idle_);
        if (slot == nullptr) slot = take(empty_);
        // Who has a permit has a slot, but it may be on its way from one stack to the other's look.
        while (slot == nullptr) slot = take(idle_);
        in_use_ += 1;
        acquired_ += 1;
        waited_ += (std::chrono::steady_clock::now() - came).count();
        {
            const std::lock_guard lock(loans_mutex_);
            slot->loan.emplace(Loan{std::move(holder), clock_.now()});
        }
        if (!slot->session) {
            slot->session.emplace(manager_.connect());
            opened_ += 1;
        }
        return Lease(*this, *slot);
    }

    PoolStats stats() const {
        PoolStats now;
        now.max = options_.max_sessions;
        now.in_use = in_use_;
        now.idle = kept_;
        now.waiting = waiting_;
        now.acquired = acquired_;
        now.timeouts = timeouts_;
        now.rejected = rejected_;
        now.opened = opened_;
        now.waited = std::chrono::nanoseconds(waited_);
        now.held = std::chrono::nanoseconds(held_);
        const std::lock_guard lock(loans_mutex_);
        for (const Slot& slot : slots_) {
            if (slot.loan)
                now.leases.push_back({slot.loan->holder, clock_.now() - slot.loan->since});
        }
        std::ranges::sort(now.leases, std::ranges::greater{}, &LeaseStats::held);
        return now;
    }

 private:
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };
    struct Slot {
        std::optional<Session> session;
        std::optional<Loan> loan;  // with the lock held
        std::atomic<std::uint32_t> below{0};
    };
    // The slot on top, from 1, and in the upper half how often it has changed.
    using Stack = std::atomic<std::uint64_t>;

    void put(Stack& stack, Slot& slot) {
        const auto place = static_cast<std::uint32_t>(&slot - slots_.data()) + 1;
        std::uint64_t top = stack;
        do {
            slot.below = static_cast<std::uint32_t>(top);
        } while (!stack.compare_exchange_weak(top, next_version(top) | place));
    }
    Slot* take(Stack& stack) {
        std::uint64_t top = stack;
        for (;;) {
            const auto place = static_cast<std::uint32_t>(top);
            if (place == 0) return nullptr;
            Slot& slot = slots_[place - 1];
            if (!stack.compare_exchange_weak(top, next_version(top) | slot.below)) continue;
            if (&stack == &idle_) kept_ -= 1;
            return &slot;
        }
    }
    static std::uint64_t next_version(std::uint64_t top) { return ((top >> 32) + 1) << 32; }

    void wait_for_permit(std::chrono::steady_clock::time_point deadline) {
        int waiting = waiting_;
        for (;;) {
            if (waiting >= options_.max_waiting) {
                rejected_ += 1;
                throw PoolExhausted("too many are waiting already");
            }
            if (waiting_.compare_exchange_weak(waiting, waiting + 1)) break;
        }
        const bool served = permits_.try_acquire_until(deadline);
        waiting_ -= 1;
        if (served) return;
        timeouts_ += 1;
        throw PoolExhausted("nobody has finished in time");
    }

    void take_back(Slot& slot) noexcept {
        {
            const std::lock_guard lock(loans_mutex_);
            held_ += (clock_.now() - slot.loan->since).count();
            slot.loan.reset();
        }
        in_use_ -= 1;
        kept_ += 1;
        put(idle_, slot);
        permits_.release();
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;

    std::counting_semaphore<> permits_;
    std::vector<Slot> slots_;
    Stack idle_{0};   // free, with a session; the one used last is lent first
    Stack empty_{0};  // free, without
    std::atomic<int> in_use_{0};
    std::atomic<int> kept_{0};
    std::atomic<int> waiting_{0};
    std::atomic<std::uint64_t> acquired_{0};
    std::atomic<std::uint64_t> timeouts_{0};
    std::atomic<std::uint64_t> rejected_{0};
    std::atomic<std::uint64_t> opened_{0};
    std::atomic<std::chrono::nanoseconds::rep> waited_{0};
    std::atomic<std::chrono::nanoseconds::rep> held_{0};
    mutable std::mutex loans_mutex_;
};
