// A pool of connections: so many permits, and a pile of connections that nobody has. Who comes
// while no permit is left waits in a list, and is given one in turn, with a connection or without.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
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
template <PoolManager Manager>
class Pool {
 public:
    using Connection = decltype(std::declval<Manager&>().connect());

 private:
    struct Kept {
        Connection connection;
        Clock::time_point expires;
        Clock::time_point returned{};
    };
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };
    using Loans = std::list<Loan>;
    // What is handed over: a permit, perhaps with a connection.
    struct Turn {
        typename Loans::iterator loan;
        std::optional<Kept> kept;
    };
    struct Waiter {
        Loans loan;  // of one, that will be his
        std::optional<Turn> turn;
        std::condition_variable came;
    };

 public:
    // Move-only.
    class Lease {
     public:
        Lease(Lease&& other) noexcept
            : pool_(std::exchange(other.pool_, nullptr)), turn_(std::move(other.turn_)) {}
        Lease& operator=(Lease&&) = delete;
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (pool_ != nullptr) pool_->take_back(turn_);
        }
        Connection& operator*() const { return turn_.kept->connection; }
        Connection* operator->() const { return &turn_.kept->connection; }

     private:
        friend class Pool;
        Lease(Pool& pool, Turn turn) : pool_(&pool), turn_(std::move(turn)) {}
        Pool* pool_;
        mutable Turn turn_;
    };

    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)),
          options_(options),
          clock_(clock),
          permits_(options.max_connections) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
        idle_.reserve(static_cast<std::size_t>(options.max_connections));
    }
    Pool(const Pool&) = delete;

    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        Turn turn = take_turn(std::move(holder), max_wait);
        try {
            make_ready(turn);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            ++stats_.failed;
            end(turn);
            throw;
        }
        return Lease(*this, std::move(turn));
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = options_.max_connections - permits_;
        now.waiting = static_cast<int>(waiting_.size());
        const auto time = clock_.now();
        for (const Loan& loan : loans_) now.leases.push_back({loan.holder, time - loan.since});
        return now;
    }

 private:
    Turn take_turn(std::string holder, Clock::duration max_wait) {
        const auto came = clock_.now();
        Waiter waiter;
        waiter.loan.push_back({std::move(holder), came});
        std::unique_lock lock(mutex_);
        if (permits_ > 0) {
            --permits_;
            std::optional<Kept> kept;
            if (!idle_.empty()) {
                kept.emplace(std::move(idle_.back()));
                idle_.pop_back();
            }
            give(waiter, std::move(kept));
            return std::move(*waiter.turn);
        }
        if (static_cast<int>(waiting_.size()) >= options_.max_waiting) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting already");
        }
        const auto place = waiting_.insert(waiting_.end(), &waiter);
        while (!waiter.turn &&
               clock_.wait_until(waiter.came, lock, came + max_wait) != std::cv_status::timeout) {
        }
        if (!waiter.turn) {
            waiting_.erase(place);
            ++stats_.timeouts;
            throw PoolExhausted("nobody has finished in time");
        }
        stats_.waited += waiter.turn->loan->since - came;
        return std::move(*waiter.turn);
    }

    void make_ready(Turn& turn) {
        const auto now = turn.loan->since;
        if (turn.kept) {
            if (is_good(*turn.kept, now)) return;
            turn.kept.reset();
            const std::lock_guard lock(mutex_);
            ++stats_.discarded;
        }
        turn.kept.emplace(Kept{manager_.connect(), now + options_.max_age});
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
        turn.kept->expires -= options_.max_age * (random_() % 100) / 1000;
    }

    bool is_good(Kept& kept, Clock::time_point now) try {
        const bool must_be_checked = now - kept.returned >= options_.valid_for;
        return now < kept.expires && (!must_be_checked || manager_.is_valid(kept.connection));
    } catch (...) {
        return false;
    }

    void take_back(Turn& turn) noexcept {
        bool dirty = true;
        bool good = false;
        try {
            dirty = manager_.reset(turn.kept->connection);
            good = true;
        } catch (...) {
        }
        const auto now = clock_.now();
        good = good && now < turn.kept->expires;
        turn.kept->returned = now;
        if (!good) turn.kept.reset();
        const std::lock_guard lock(mutex_);
        if (!good) ++stats_.discarded;
        if (dirty) ++stats_.dirty_returns[turn.loan->holder];
        stats_.held += now - turn.loan->since;
        end(turn);
    }

    // With the lock held, as below. The permit goes to the first in line, if there is one.
    void end(Turn& turn) {
        loans_.erase(turn.loan);
        if (!waiting_.empty()) {
            Waiter& first = *waiting_.front();
            waiting_.pop_front();
            give(first, std::move(turn.kept));
            first.came.notify_one();
        } else {
            ++permits_;
            if (turn.kept) idle_.push_back(std::move(*turn.kept));
        }
        turn.kept.reset();  // moved from
    }

    void give(Waiter& waiter, std::optional<Kept> kept) {
        waiter.loan.front().since = clock_.now();
        loans_.splice(loans_.end(), waiter.loan);
        waiter.turn.emplace(Turn{std::prev(loans_.end()), std::move(kept)});
        ++stats_.acquired;
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;

    mutable std::mutex mutex_;  // guards what follows
    int permits_;
    std::vector<Kept> idle_;
    Loans loans_;  // the longest first
    std::list<Waiter*> waiting_;
    PoolStats stats_;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace shop
