// A pool of connections: a fair semaphore for how many there may be,
// and a shelf for those that nobody has.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fair_semaphore.hpp"
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
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };
    struct Kept {
        decltype(std::declval<Manager&>().connect()) connection;
        Clock::time_point expires;
        Clock::time_point returned;
    };
    // A permit, and what has been made of it so far.
    // Without a connection it is given back all the same.
    struct Held {
        explicit Held(Pool& its_pool) : pool(its_pool) {}
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held() { pool.take_back(*this); }
        Pool& pool;
        typename std::list<Loan>::iterator loan;
        std::optional<Kept> kept;
    };

 public:
    using Connection = decltype(std::declval<Manager&>().connect());

    // Move-only.
    class Lease {
     public:
        Connection& operator*() const { return held_->kept->connection; }
        Connection* operator->() const { return &held_->kept->connection; }

     private:
        friend class Pool;
        explicit Lease(std::unique_ptr<Held> held) : held_(std::move(held)) {}
        std::unique_ptr<Held> held_;
    };

    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)),
          options_(options),
          clock_(clock),
          permits_(options.max_connections) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
        shelf_.reserve(static_cast<std::size_t>(options.max_connections));
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        std::list<Loan> loan;
        loan.push_back({std::move(holder), {}});
        const auto came = clock_.now();
        get_permit(max_wait);
        auto held = [&]() noexcept {  // without memory for it there is no going on
            return std::make_unique<Held>(*this);
        }();
        {
            const std::lock_guard lock(mutex_);
            held->loan = loan.begin();
            held->loan->since = clock_.now();
            stats_.waited += held->loan->since - came;
            ++stats_.acquired;
            loans_.splice(loans_.end(), loan);
            if (!shelf_.empty()) {
                held->kept.emplace(std::move(shelf_.back()));
                shelf_.pop_back();
            }
        }
        make_ready(*held);
        return Lease(std::move(held));
    }

    PoolStats stats() const {
        const int waiting = permits_.waiting();
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(shelf_.size());
        now.in_use = static_cast<int>(loans_.size());
        now.waiting = waiting;
        for (const Loan& loan : loans_) {
            now.leases.push_back({loan.holder, clock_.now() - loan.since});
        }
        std::ranges::sort(now.leases, std::ranges::greater{}, &LeaseStats::held);
        return now;
    }

 private:
    void get_permit(Clock::duration max_wait) {
        const auto answer = permits_.acquire(clock_, max_wait, options_.max_waiting);
        if (answer == FairSemaphore::Answer::granted) return;
        const std::lock_guard lock(mutex_);
        if (answer == FairSemaphore::Answer::too_many) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting already");
        }
        ++stats_.timeouts;
        throw PoolExhausted("nobody has finished in time");
    }

    void make_ready(Held& held) {
        const auto now = held.loan->since;
        if (held.kept) {
            const bool must_be_checked = now - held.kept->returned >= options_.valid_for;
            bool is_good = false;
            try {
                is_good = now < held.kept->expires &&
                          (!must_be_checked || manager_.is_valid(held.kept->connection));
            } catch (...) {
            }
            if (is_good) return;
            held.kept.reset();
            const std::lock_guard lock(mutex_);
            ++stats_.discarded;
        }
        try {
            held.kept.emplace(Kept{manager_.connect(), {}, {}});
        } catch (...) {
            const std::lock_guard lock(mutex_);
            ++stats_.failed;
            throw;
        }
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
        held.kept->expires = now + options_.max_age - options_.max_age * (random_() % 100) / 1000;
    }

    void take_back(Held& held) noexcept {
        const bool was_lent = held.kept.has_value();
        bool dirty = was_lent;
        bool good = false;
        const auto now = clock_.now();
        if (was_lent) {
            try {
                dirty = manager_.reset(held.kept->connection);
                good = now < held.kept->expires;
            } catch (...) {
            }
            held.kept->returned = now;
        }
        if (!good) held.kept.reset();
        {
            const std::lock_guard lock(mutex_);
            if (was_lent && !good) ++stats_.discarded;
            if (dirty) ++stats_.dirty_returns[held.loan->holder];
            if (was_lent) stats_.held += now - held.loan->since;
            if (good) shelf_.push_back(std::move(*held.kept));
            loans_.erase(held.loan);
        }
        held.kept.reset();  // moved from, or gone already
        permits_.release();
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;
    FairSemaphore permits_;

    mutable std::mutex mutex_;  // guards what follows
    std::vector<Kept> shelf_;   // the one used last is lent first
    std::list<Loan> loans_;
    PoolStats stats_;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace shop
