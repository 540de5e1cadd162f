// A pool without slots: a number of permits, a list of idle connections, and generations. When one
// idle connection leads nowhere any more, all that were opened
// before that are closed, without asking each.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
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
    int max_waiting = 64;
    std::chrono::milliseconds max_wait{2000};
    std::chrono::milliseconds valid_for{0};
    std::chrono::milliseconds max_age{1'800'000};
};

class PoolExhausted : public Unavailable {
 public:
    using Unavailable::Unavailable;
};

template <typename Manager>
class Pool {
 public:
    using Connection = decltype(std::declval<Manager&>().connect());

 private:
    struct Kept {
        Connection connection;
        std::uint64_t generation;
        Clock::time_point until;
        Clock::time_point last_used;
    };
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };
    using Loans = std::list<Loan>;

 public:
    class Lease {
     public:
        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)),
              kept_(std::move(other.kept_)),
              loan_(other.loan_) {}
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (pool_ != nullptr) pool_->take_back(std::move(kept_), loan_);
        }
        Connection& operator*() const { return kept_->connection; }
        Connection* operator->() const { return &kept_->connection; }

     private:
        friend class Pool;
        Lease(Pool& pool, std::unique_ptr<Kept> kept, typename Loans::iterator loan)
            : pool_(&pool), kept_(std::move(kept)), loan_(loan) {}
        Pool* pool_;
        std::unique_ptr<Kept> kept_;
        typename Loans::iterator loan_;
    };

    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)), options_(options), clock_(clock) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        const auto came = clock_.now();
        const auto loan = await_permit(std::move(holder), came + max_wait);
        try {
            while (auto kept = take_idle()) {
                if (is_good(*kept)) return Lease(*this, std::move(kept), loan);
                kept.reset();
                const std::lock_guard lock(mutex_);
                ++stats_.discarded;
            }
            return Lease(*this, open(), loan);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            ++stats_.failed;
            end(loan);
            throw;
        }
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = static_cast<int>(loans_.size());
        now.waiting = waiting_;
        for (const Loan& loan : loans_)
            now.leases.push_back({loan.holder, clock_.now() - loan.since});
        std::ranges::sort(now.leases, std::greater{}, &LeaseStats::held);
        return now;
    }

 private:
    typename Loans::iterator await_permit(std::string holder, Clock::time_point deadline) {
        const auto came = clock_.now();
        std::unique_lock lock(mutex_);
        const auto none_left = [&] {
            return static_cast<int>(loans_.size()) >= options_.max_connections;
        };
        if (none_left() && waiting_ >= options_.max_waiting) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting already");
        }
        ++waiting_;
        while (none_left() &&
               clock_.wait_until(ended_, lock, deadline) != std::cv_status::timeout) {
        }
        --waiting_;
        if (none_left()) {
            ++stats_.timeouts;
            throw PoolExhausted("nobody has finished in time");
        }
        ++stats_.acquired;
        stats_.waited += clock_.now() - came;
        return loans_.insert(loans_.end(), {std::move(holder), clock_.now()});
    }

    std::unique_ptr<Kept> take_idle() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return nullptr;
        auto kept = std::move(idle_.back());
        idle_.pop_back();
        return kept;
    }

    bool is_good(Kept& kept) {
        const auto now = clock_.now();
        if (now >= kept.until) return false;
        {
            const std::lock_guard lock(mutex_);
            if (kept.generation != generation_) return false;
        }
        if (now - kept.last_used < options_.valid_for || manager_.is_valid(kept.connection))
            return true;
        const std::lock_guard lock(mutex_);
        if (kept.generation == generation_) ++generation_;
        return false;
    }

    std::unique_ptr<Kept> open() {
        std::uint64_t generation = 0;
        Clock::duration age = options_.max_age;
        {
            const std::lock_guard lock(mutex_);
            generation = generation_;
            // HikariCP's: up to a fortieth less.
            std::uniform_int_distribution<Clock::duration::rep> less(0, age.count() / 40);
            age -= Clock::duration(less(random_));
        }
        const auto now = clock_.now();
        auto kept = std::make_unique<Kept>(Kept{manager_.connect(), generation, now + age, now});
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
        return kept;
    }

    void take_back(std::unique_ptr<Kept> kept, typename Loans::iterator loan) noexcept {
        bool dirty = true;
        bool keep = false;
        try {
            dirty = manager_.reset(kept->connection);
            keep = true;
        } catch (...) {
            keep = false;
        }
        if (!keep) kept.reset();
        const std::lock_guard lock(mutex_);
        if (dirty) ++stats_.dirty_returns[loan->holder];
        if (keep) {
            kept->last_used = clock_.now();
            idle_.push_back(std::move(kept));
        } else {
            ++stats_.discarded;
        }
        end(loan);
    }

    void end(typename Loans::iterator loan) {
        stats_.held += clock_.now() - loan->since;
        loans_.erase(loan);
        ended_.notify_one();
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    std::deque<std::unique_ptr<Kept>> idle_;
    Loans loans_;
    int waiting_ = 0;
    std::uint64_t generation_ = 0;
    PoolStats stats_;
    std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace shop
