// A pool of connections: a bounded number of them, lent one at a time.
//
//     Pool<Engine> pool(engine, {.max_connections = 4});
//     auto lease = pool.acquire("GET /items");
//     lease->exec("…");
//
// Its Manager knows how to open a connection; the pool calls it without its lock, so several
// threads do at once:
//   Connection connect()          throws when that cannot be done
//
// A permit is a number: how many more may be lent. A lease owns its connection; the pool knows only
// its name.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stack>
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

// There was no connection to be had in time. Its text is for the customer.
class PoolExhausted : public Unavailable {
 public:
    using Unavailable::Unavailable;
};

// Thread safe. Outlives its leases.
template <typename Manager>
class Pool {
 public:
    using Connection = decltype(std::declval<Manager&>().connect());

    class Lease {
     public:
        Lease(Lease&& other) noexcept = default;
        Lease& operator=(Lease&& other) noexcept {
            Lease mine(std::move(other));
            std::swap(pool_, mine.pool_);
            std::swap(number_, mine.number_);
            std::swap(connection_, mine.connection_);
            return *this;
        }
        ~Lease() {
            if (connection_) pool_->take_back(number_, std::move(connection_));
        }
        Connection& operator*() const { return *connection_; }
        Connection* operator->() const { return connection_.get(); }

     private:
        friend class Pool;
        Lease(Pool& pool, std::uint64_t number, std::unique_ptr<Connection> connection)
            : pool_(&pool), number_(number), connection_(std::move(connection)) {}
        Pool* pool_;
        std::uint64_t number_;
        std::unique_ptr<Connection> connection_;
    };

    explicit Pool(Manager manager, PoolOptions options = {}, Clock& clock = Clock::of_the_process())
        : manager_(std::move(manager)),
          options_(options),
          clock_(clock),
          permits_(options.max_connections) {
        if (options.max_connections < 1) throw std::invalid_argument("a pool of no connections");
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() = default;

    Lease acquire(std::string holder) { return acquire(std::move(holder), options_.max_wait); }
    Lease acquire(std::string holder, Clock::duration max_wait) {
        const auto came = clock_.now();
        std::unique_lock lock(mutex_);
        if (permits_ == 0) wait_for_permit(lock, came + max_wait);
        --permits_;
        const auto now = clock_.now();
        const std::uint64_t number = ++stats_.acquired;
        stats_.waited += now - came;
        lent_.emplace(number, Loan{std::move(holder), now});
        std::unique_ptr<Connection> connection;
        if (!idle_.empty()) {
            connection = std::move(idle_.top());
            idle_.pop();
        }
        lock.unlock();
        if (!connection) connection = open();
        return Lease(*this, number, std::move(connection));
    }

    PoolStats stats() const {
        const std::lock_guard lock(mutex_);
        PoolStats now = stats_;
        now.max = options_.max_connections;
        now.idle = static_cast<int>(idle_.size());
        now.in_use = options_.max_connections - permits_;
        now.waiting = waiting_;
        const auto when = clock_.now();
        for (const auto& [number, loan] : lent_)
            now.leases.push_back({loan.holder, when - loan.since});
        std::ranges::stable_sort(now.leases, std::ranges::greater{}, &LeaseStats::held);
        return now;
    }

 private:
    struct Loan {
        std::string holder;
        Clock::time_point since;
    };

    void wait_for_permit(std::unique_lock<std::mutex>& lock, Clock::time_point deadline) {
        if (waiting_ == options_.max_waiting) {
            ++stats_.rejected;
            throw PoolExhausted("too many are waiting");
        }
        ++waiting_;
        std::cv_status status = std::cv_status::no_timeout;
        while (permits_ == 0 && status == std::cv_status::no_timeout) {
            status = clock_.wait_until(permit_, lock, deadline);
        }
        --waiting_;
        if (permits_ > 0) return;
        ++stats_.timeouts;
        throw PoolExhausted("no connection in time");
    }

    std::unique_ptr<Connection> open() {
        auto connection = std::make_unique<Connection>(manager_.connect());
        const std::lock_guard lock(mutex_);
        ++stats_.opened;
        return connection;
    }

    void take_back(std::uint64_t number, std::unique_ptr<Connection> connection) noexcept {
        const std::lock_guard lock(mutex_);
        const auto loan = lent_.find(number);
        stats_.held += clock_.now() - loan->second.since;
        lent_.erase(loan);
        idle_.push(std::move(connection));
        ++permits_;
        permit_.notify_one();
    }

    Manager manager_;
    const PoolOptions options_;
    Clock& clock_;
    mutable std::mutex mutex_;  // guards what follows
    int permits_;
    int waiting_ = 0;
    std::map<std::uint64_t, Loan> lent_;
    std::stack<std::unique_ptr<Connection>, std::vector<std::unique_ptr<Connection>>> idle_;
    std::condition_variable permit_;
    PoolStats stats_;
};

}  // namespace shop
