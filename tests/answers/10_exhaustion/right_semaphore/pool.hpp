// A pool of connections: a semaphore counts the permits, a list keeps the connections that nobody
// has. It goes by the system's steady clock, but for what it says of itself.
#pragma once

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <semaphore>
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
};

class PoolExhausted : public Unavailable {
 public:
    using Unavailable::Unavailable;
};

// Thread safe. Outlives its leases.
template <typename Manager>
class Pool {
 public:
    using Connection = decltype(std::declval<Manager&>().connect());

 private:
    struct Loan {
        Connection connection;
        std::string holder;
        Clock::time_point since;
    };
    using Loans = std::list<Loan>;

 public:
    // The right to use a connection until it goes out of scope. Move-only.
    class Lease {
     public:
        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), loan_(other.loan_) {}
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (pool_ != nullptr) pool_->take_back(loan_);
        }
        Connection& operator*() const { return loan_->connection; }
        Connection* operator->() const { return &loan_->connection; }

     private:
        friend class Pool;
        Lease(Pool& pool, typename Loans::iterator loan) : pool_(&pool), loan_(loan) {}
        Pool* pool_;
        typename Loans::iterator loan_;
    };

    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)),
          options_(options),
          clock_(clock),
          permits_(options.max_connections < 1
                       ? throw std::invalid_argument("a pool of no connections")
                       : options.max_connections) {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        const auto came = std::chrono::steady_clock::now();
        if (!permits_.try_acquire()) wait_for_permit(came + max_wait);
        const auto waited = std::chrono::steady_clock::now() - came;
        Loans loan;
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) loan.splice(loan.begin(), idle_, idle_.begin());
        }
        if (loan.empty()) loan.push_back(open());
        const std::lock_guard lock(mutex_);
        loan.front().holder = std::move(holder);
        loan.front().since = clock_.now();
        ++stats_.acquired;
        stats_.waited += waited;
        lent_.splice(lent_.begin(), loan);
        return Lease(*this, lent_.begin());
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(lent_.size()) + opening_;
        now.waiting = waiting_;
        for (const Loan& loan : lent_)
            now.leases.push_back({loan.holder, clock_.now() - loan.since});
        std::ranges::sort(now.leases, std::ranges::greater{}, &LeaseStats::held);
        return now;
    }

 private:
    void wait_for_permit(std::chrono::steady_clock::time_point deadline) {
        {
            const std::lock_guard lock(mutex_);
            if (waiting_ >= options_.max_waiting) {
                ++stats_.rejected;
                throw PoolExhausted("too many are waiting already");
            }
            ++waiting_;
        }
        const bool served = permits_.try_acquire_until(deadline);
        const std::lock_guard lock(mutex_);
        --waiting_;
        if (served) return;
        ++stats_.timeouts;
        throw PoolExhausted("nobody has finished in time");
    }

    Loan open() {
        {
            const std::lock_guard lock(mutex_);
            ++opening_;
        }
        try {
            Loan loan{manager_.connect(), {}, {}};
            const std::lock_guard lock(mutex_);
            --opening_;
            ++stats_.opened;
            return loan;
        } catch (...) {
            const std::lock_guard lock(mutex_);
            --opening_;
            permits_.release();
            throw;
        }
    }

    void take_back(typename Loans::iterator loan) noexcept {
        {
            const std::lock_guard lock(mutex_);
            stats_.held += clock_.now() - loan->since;
            idle_.splice(idle_.begin(), lent_, loan);
        }
        permits_.release();
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;
    std::counting_semaphore<> permits_;

    mutable std::mutex mutex_;  // guards what follows
    Loans idle_;                // the one used last first
    Loans lent_;
    int opening_ = 0;
    int waiting_ = 0;
    PoolStats stats_;
};

}  // namespace shop
