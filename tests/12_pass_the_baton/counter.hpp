// The counter at which lesson 12's customers come for a connection.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "12_pass_the_baton/pool_clock.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/fake_pool.hpp"
#include "support/gate.hpp"
#include "support/halt.hpp"
#include "support/patience.hpp"

namespace pool_tests {

using namespace std::chrono_literals;
using support::await;
using support::CannotConnect;
using support::FakeConnection;
using support::FakeDatabase;
using support::FakeManager;
using support::FakePool;
using support::Gate;
using support::Halt;
using support::LeaseStats;
using support::PoolExhausted;
using support::PoolOptions;
using support::PoolStats;

// What comes of an attempt to connect.
struct Attempt {
    std::exception_ptr thrown = nullptr;  // null: it succeeds
    std::shared_ptr<Halt> halt = nullptr;
};

inline Attempt failing() {
    return {std::make_exception_ptr(CannotConnect()), nullptr};
}

// What comes of all attempts to connect. Thread safe.
class ConnectPlan {
 public:
    // The next attempts, in this order; after them all that come are like `always`.
    void next(Attempt attempt) {
        const std::lock_guard lock(mutex_);
        planned_.push_back(std::move(attempt));
    }
    void always(std::exception_ptr thrown) {
        const std::lock_guard lock(mutex_);
        always_ = std::move(thrown);
    }
    void mend() { always(nullptr); }

    // Called by the one that connects.
    void carry_out() {
        std::unique_lock lock(mutex_);
        Attempt attempt{always_, nullptr};
        if (!planned_.empty()) {
            attempt = std::move(planned_.front());
            planned_.pop_front();
        }
        lock.unlock();
        if (attempt.thrown && ++attempts_in_one_acquire_ > 3) {
            attempt.thrown = nullptr;  // or it would go on for ever
        }
        if (attempt.halt) attempt.halt->pass();
        if (attempt.thrown) std::rethrow_exception(attempt.thrown);
    }
    static void an_acquire_begins() { attempts_in_one_acquire_ = 0; }

 private:
    inline static thread_local int attempts_in_one_acquire_ = 0;
    std::mutex mutex_;
    std::deque<Attempt> planned_;
    std::exception_ptr always_;
};

// A lease that is given back when this goes, unless the pool is `spoilt`: it would pass the place
// to somebody who has left, and whose memory is not there any more.
class Lease {
 public:
    Lease(FakePool::Lease lease, const std::atomic<bool>& spoilt)
        : lease_(std::move(lease)), spoilt_(&spoilt) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        if (*spoilt_) static_cast<void>(new FakePool::Lease(std::move(lease_)));  // for good
    }
    FakeConnection* operator->() const { return &*lease_; }

 private:
    FakePool::Lease lease_;
    const std::atomic<bool>* spoilt_;
};

// What a customer does at the counter, if she is not told otherwise: waits for long, leaves as soon
// as she was served, and leaves her connection as she found it.
struct ShopperOptions {
    std::optional<shop::Clock::duration> max_wait = std::nullopt;
    bool oversleeps = false;
    bool stays = false;   // until she is told to leave
    bool breaks = false;  // her connection
};

// A customer on a thread of her own.
struct Shopper {
    explicit Shopper(std::string the_name) : name(std::move(the_name)) {}
    const std::string name;
    Sleep sleep;
    Gate may_leave;
    std::atomic<int> connection{0};    // that she got
    std::atomic<bool> is_over{false};  // she has left, or was told why she is not served
    std::string told;                  // how her visit ended: "served", "exhausted", "failed"
    std::thread thread;

    // What she does when she is woken has been done: she is over, or sleeps again.
    [[nodiscard]] bool wakes() {
        const int before = sleep.looks;
        sleep.wake.open();
        return !sleep.asleep.is_open() ||
               await([&] { return is_over || connection != 0 || sleep.looks > before; });
    }
};

// A pool and its customers. However a test ends, all of them go home.
class Counter {
 public:
    explicit Counter(PoolOptions options) : pool(manager_, options, clock) {
        manager_.database->on_connect = [plan = its_plan_](int) { plan->carry_out(); };
    }
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;
    ~Counter() {
        for (const auto& halt : halts_) halt->let_go();
        for (Shopper& shopper : shoppers_) {
            shopper.sleep.wake.open();
            shopper.may_leave.open();
        }
        plan.mend();
        // A customer who is given a place now and then waits once more has a later deadline.
        clock.advance(24h);
        for (Shopper& shopper : shoppers_) shopper.thread.join();
    }

    Shopper& comes(const std::string& name, ShopperOptions options = {}) {
        Shopper& shopper = shoppers_.emplace_back(name);
        if (!options.oversleeps) shopper.sleep.wake.open();
        shopper.thread = std::thread([this, &shopper, options] {
            PoolClock::sleep_of_this_thread() = &shopper.sleep;
            shopper.told = serve(shopper, options);
            shopper.is_over = true;
        });
        return shopper;
    }

    // The same, and she has taken her place among those who wait: the `n`th of them.
    Shopper& queues(const std::string& name, int n, ShopperOptions options = {}) {
        Shopper& shopper = comes(name, options);
        const bool is_waiting = await([&] { return shopper.is_over || pool.stats().waiting == n; });
        NEED(is_waiting,
             fmt::format("{} came, nothing is free, and stats().waiting is {} and not {}.", name,
                         pool.stats().waiting, n));
        return shopper;
    }

    // What one who does not want to wait gets, on the thread of the test.
    std::optional<Lease> get(const std::string& name) {
        ConnectPlan::an_acquire_begins();
        try {
            return std::optional<Lease>(std::in_place, pool.acquire(name, 0s), spoilt_);
        } catch (const PoolExhausted&) {
            need_no_ghost_waiting();
            return std::nullopt;
        }
    }
    std::vector<Lease> take_all() {
        std::vector<Lease> leases;
        for (int i = 0; i < pool.stats().max; ++i) {
            std::optional<Lease> lease = get("the first");
            NEED(lease.has_value(), "A place is free, and a customer was told that none is.");
            leases.push_back(std::move(*lease));
        }
        return leases;
    }

    std::shared_ptr<Halt> make_halt() { return halts_.emplace_back(std::make_shared<Halt>()); }

    // A shopper who has gone, and to whom the pool still accounts a place: there must be none. It goes
    // by the names, so no two may have the same.
    std::string ghost() const {
        std::vector<std::string> gone;  // asked first: they may go while the pool answers
        for (const Shopper& shopper : shoppers_) {
            if (shopper.is_over) gone.push_back(shopper.name);
        }
        for (const LeaseStats& lease : pool.stats().leases) {
            if (std::ranges::count(gone, lease.holder) > 0) return lease.holder;
        }
        return "";
    }
    // Ends the test when more wait by the pool's account than there are customers who may: one who
    // was told that her time is up is still in the queue. Then nothing is given back any more.
    void need_no_ghost_waiting() {
        const auto may_wait = std::ranges::count_if(  // asked first: they may go meanwhile
            shoppers_, [](const Shopper& shopper) { return !shopper.is_over; });
        const int waiting = pool.stats().waiting;
        if (waiting > may_wait) spoilt_ = true;
        NEED(waiting <= may_wait,
             fmt::format("A customer's time was up, she was told so and has left, and she is still "
                         "in the queue: by the pool's account {} wait, and only {} are there who "
                         "have not been told anything. The next place goes to her.",
                         waiting, may_wait));
    }
    // Waits until all are over, or it shows that some never will be.
    [[nodiscard]] bool await_all_over() {
        const bool are_over =
            await([&] { return are_all_over() || !ghost().empty(); }) && are_all_over();
        need_no_ghost_waiting();
        return are_over;
    }
    bool are_all_over() const {
        return std::ranges::all_of(shoppers_, [](const Shopper& s) { return bool(s.is_over); });
    }
    int told(const std::string& what) const {
        return static_cast<int>(std::ranges::count_if(shoppers_, [&](const Shopper& shopper) {
            return shopper.is_over && shopper.told == what;
        }));
    }
    std::string what_they_were_told() const {
        std::vector<std::string> all;
        for (const Shopper& shopper : shoppers_) {
            all.push_back(shopper.name + " " + (shopper.is_over ? shopper.told : "nothing"));
        }
        return fmt::format("They were told: {}.", fmt::join(all, ", "));
    }
    std::string where_it_stands() const {
        const PoolStats now = pool.stats();
        return fmt::format("the pool says {} in use, {} idle, {} waiting{}", now.in_use, now.idle,
                           now.waiting,
                           ghost().empty() ? "" : ", and one of those in use has left long ago");
    }
    std::vector<std::string> order() const {
        const std::lock_guard lock(mutex_);
        return order_;
    }

    // What must be true when nobody is there: the pool's account is the database's, `idle + in_use`
    // is what is open, and everybody who comes now is served.
    void expect_in_order(const std::string& after) {
        NEED(std::ranges::none_of(halts_, [](const auto& halt) { return halt->was_in_vain(); }),
             after +
                 " One customer was held up, by her own connection. Meanwhile somebody else could "
                 "not go on, who has nothing to do with it.");
        NEED(
            std::ranges::none_of(shoppers_, [](const Shopper& s) { return bool(s.sleep.in_vain); }),
            after +
                " One customer overslept, and meanwhile somebody else could not go on: he waited "
                "for her to wake up.");
        const PoolStats now = pool.stats();
        const int open = database.open();
        const int opened = database.opened();
        const int failed = database.failed();
        expect_all_places_free(after);
        NEED(now.idle == open,
             fmt::format("{} The pool says that {} connections are idle; open are {}.", after,
                         now.idle, open));
        NEED(static_cast<int>(now.opened - now.discarded) == open,
             fmt::format("{} By the pool's account {} were opened and {} discarded; open are {}.",
                         after, now.opened, now.discarded, open));
        NEED(static_cast<int>(now.opened) == opened,
             fmt::format("{} {} connections were opened, and the pool says {}.", after, opened,
                         now.opened));
        NEED(static_cast<int>(now.failed) == failed,
             fmt::format("{} {} attempts to connect failed, and the pool says {}.", after, failed,
                         now.failed));
    }
    void expect_all_places_free(const std::string& after) {
        need_no_ghost_waiting();
        const PoolStats now = pool.stats();
        NEED((now.in_use == 0 && now.waiting == 0),
             fmt::format("{} Everybody is gone, and {}.", after, where_it_stands()));
        const std::string named = now.leases.empty() ? "" : now.leases.front().holder;
        NEED(named.empty(),
             fmt::format("{} Everybody is gone, and stats().leases still says that {} has a "
                         "connection.",
                         after, named));
        NEED(database.most() <= now.max,
             fmt::format("{} The pool may have {} connections; open at once were {}.", after,
                         now.max, database.most()));
        std::vector<Lease> leases;
        for (int i = 0; i < now.max; ++i) {
            std::optional<Lease> lease = get("the next");
            NEED(lease.has_value(),
                 fmt::format("{} Everybody is gone, of {} who come now {} are served, and {}.",
                             after, now.max, i, where_it_stands()));
            leases.push_back(std::move(*lease));
        }
        const bool is_one_too_many = get("one too many").has_value();
        NEED(!is_one_too_many,
             fmt::format("{} The pool has {} places, and lent {}.", after, now.max, now.max + 1));
        NEED(pool.stats().in_use == now.max, after);
    }

 private:
    const FakeManager manager_;
    const std::shared_ptr<ConnectPlan> its_plan_ = std::make_shared<ConnectPlan>();

 public:
    FakeDatabase& database = *manager_.database;
    ConnectPlan& plan = *its_plan_;
    PoolClock clock;
    FakePool pool;

 private:
    std::string serve(Shopper& shopper, const ShopperOptions& options) {
        ConnectPlan::an_acquire_begins();
        try {
            // Long by the pool's clock, and an end for a pool that goes by another.
            const Lease lease(
                pool.acquire(shopper.name, options.max_wait.value_or(2 * support::patience())),
                spoilt_);
            {
                const std::lock_guard lock(mutex_);
                order_.push_back(shopper.name);
            }
            lease->is_broken = options.breaks;
            shopper.connection = lease->number;
            if (options.stays) static_cast<void>(shopper.may_leave.wait());
        } catch (const PoolExhausted&) {
            return "exhausted";
        } catch (const CannotConnect&) {
            return "failed";
        } catch (...) {
            return "something else";
        }
        return "served";
    }

    mutable std::mutex mutex_;
    std::vector<std::string> order_;
    std::vector<std::shared_ptr<Halt>> halts_;
    std::list<Shopper> shoppers_;
    std::atomic<bool> spoilt_{false};
};

}  // namespace pool_tests
