// 10 exhaustion: there are four connections and no more, and a customer who wants a fifth waits for
// one, but not for ever.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#ifdef __linux__
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#endif

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/connect_interceptor.hpp"
#include "support/fake_pool.hpp"
#include "support/gate.hpp"
#include "support/lock_visit.hpp"
#include "support/metrics.hpp"
#include "support/patience.hpp"
#include "support/running_shop.hpp"
#include "support/stillness.hpp"
#include "support/test_clock.hpp"

using namespace std::chrono_literals;
using support::await;
using support::await_metric;
using support::ConnectInterceptor;
using support::Customer;
using support::FakeManager;
using support::FakePool;
using support::Held;
using support::HeldConnect;
using support::Interruption;
using support::LockVisit;
using support::metric;
using support::Pending;
using support::PooledShop;
using support::PoolExhausted;
using support::Reply;
using support::RunningShop;
using support::Step;
using support::TestClock;

namespace {

constexpr int four = 4;  // connections in the shop's pool

std::string name(int i) {
    return fmt::format("customer{}", i + 1);
}

// Customers who have ordered and are at the bank, each with a connection. The shop has more workers
// than they are. Each member is to be gone before the shop.
struct AtTheBank {
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> orders;

    explicit AtTheBank(RunningShop& shop, int how_many = four) {
        for (int i = 0; i < how_many; ++i) arrives(shop);
    }
    void arrives(RunningShop& shop) {
        const std::string who = name(static_cast<int>(customers.size()));
        customers.push_back(shop.customer(who));
        banks.push_back(shop.bank().hold(who, Step::charge));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        NEED(
            banks.back().is_asked(),
            fmt::format("{} customers are at the bank, each with a connection, and there are four. "
                        "The next one does not get there.",
                        customers.size() - 1));
    }
    // How many of them are told 201 when the bank accepts them all.
    int all_are_accepted() {
        for (Held& bank : banks) bank.accept();
        int served = 0;
        for (const Pending& order : orders) served += order.reply().status == 201 ? 1 : 0;
        return served;
    }
};

// Waits until as many customers wait for a connection, or one of them has been answered.
bool await_waiting(Customer& observer, const std::vector<Pending>& customers) {
    const auto is_answered = [](const Pending& one) { return one.is_answered(); };
    const auto expected = static_cast<double>(customers.size());
    bool all_wait = false;
    static_cast<void>(await([&] {
        all_wait = metric(observer.gets("/metrics"), "pool_waiting") == expected;
        return all_wait || std::any_of(customers.begin(), customers.end(), is_answered);
    }));
    return all_wait;
}

// Ends the test unless the last of these customers waits, as those before her do.
void need_waiting(RunningShop& shop, Customer& observer, const std::vector<Pending>& customers) {
    const bool all_wait = await_waiting(observer, customers);
    const Pending& last = customers.back();
    NEED(all_wait,
         fmt::format(
             "Four customers are at the bank, each with a connection, and another wants one. She "
             "should wait until one comes back. {}: pool_waiting is {}, and {} connections are "
             "open, by SQLite's own count.",
             last.is_answered() ? fmt::format("She was told {} at once", last.reply().told())
                                : "/metrics does not count her among those who wait",
             metric(observer.gets("/metrics"), "pool_waiting"), shop.ledger().open_connections()));
}

using FakeLease = FakePool::Lease;

// What is done just before somebody takes the lock of that number (from 1; 0: never).
struct Moment {
    int lock = 0;
    std::function<void()> act;
};

// Somebody on a thread of her own who wants a connection and keeps it until she is told to let go.
// Joined when she goes.
class Borrower {
 public:
    enum class State { wants, has, refused, failed };

    explicit Borrower(FakePool& pool, std::optional<shop::Clock::duration> max_wait = std::nullopt,
                      std::function<void()> on_thread = {}, Moment moment = {})
        : thread_([this, &pool, max_wait, on_thread, moment] {
              if (on_thread) on_thread();
              try {
                  const FakeLease lease = [&] {
                      const LockVisit visit(moment.lock, moment.act);
                      return max_wait ? pool.acquire("borrower", *max_wait)
                                      : pool.acquire("borrower");
                  }();
                  state_ = State::has;
                  while (!let_go_.wait()) continue;
              } catch (const PoolExhausted&) {
                  state_ = State::refused;
              } catch (...) {
                  state_ = State::failed;
              }
          }) {}
    Borrower(const Borrower&) = delete;
    Borrower& operator=(const Borrower&) = delete;
    ~Borrower() {
        lets_go();
        thread_.join();
    }
    void lets_go() { let_go_.open(); }
    State state() const { return state_; }
    // Waits for it.
    bool has() const {
        return await([this] { return state_ != State::wants; }) && state_ == State::has;
    }

 private:
    std::atomic<State> state_{State::wants};
    support::Gate let_go_;
    std::thread thread_;
};

// A clock that stands still, and on which nobody is woken but by the pool. It counts who looks at
// it, and holds back those who have been woken when it is told to.
class FrozenClock : public shop::Clock {
 public:
    // Wakes everybody, with their time up: at the end of a test, also one that fails.
    void end() {
        over_ = true;
        held_back_.open();
        for (;;) {
            const std::lock_guard lock(mutex_);
            if (asleep_.empty()) return;
            for (std::condition_variable* one : asleep_) one->notify_all();
        }
    }
    time_point now() const override {
        ++looks_;
        return over_ ? start_ + 1h : start_;
    }
    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override {
        ++looks_;
        if (over_ || deadline <= start_) return std::cv_status::timeout;
        {
            const std::lock_guard own(mutex_);
            asleep_.push_back(&changed);
        }
        changed.wait(lock);
        {
            const std::lock_guard own(mutex_);
            asleep_.erase(std::find(asleep_.begin(), asleep_.end(), &changed));
        }
        if (holds_back_) {
            lock.unlock();
            static_cast<void>(held_back_.wait());
            lock.lock();
        }
        return over_ ? std::cv_status::timeout : std::cv_status::no_timeout;
    }

    int looks() const { return looks_; }
    int asleep() const {
        const std::lock_guard lock(mutex_);
        return static_cast<int>(asleep_.size());
    }
    // From now on who is woken does not go on before `lets_go_on`.
    void holds_back() { holds_back_ = true; }
    void lets_go_on() { held_back_.open(); }

 private:
    const time_point start_ = std::chrono::steady_clock::now();
    std::atomic<bool> over_{false};
    std::atomic<bool> holds_back_{false};
    mutable std::atomic<int> looks_{0};
    mutable support::Gate held_back_;
    mutable std::mutex mutex_;
    mutable std::vector<std::condition_variable*> asleep_;
};

// What is done at the end of a test, before those who still wait are joined.
class AtTheEnd {
 public:
    explicit AtTheEnd(std::function<void()> act) : act_(std::move(act)) {}
    AtTheEnd(const AtTheEnd&) = delete;
    AtTheEnd& operator=(const AtTheEnd&) = delete;
    ~AtTheEnd() { act_(); }

 private:
    std::function<void()> act_;
};

// As the test's clock, and knows when those who wait on it have noticed that it was moved.
class CountingClock : public TestClock {
 public:
    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override {
        ++waits_;
        return TestClock::wait_until(changed, lock, deadline);
    }
    // Somebody waits on it, and not on another that he knows.
    bool is_used() const { return waits_ > 0; }
    // Waits until the waiter at this clock has been woken and waits again, or `is_over`. There
    // may be nobody: some other design knows another clock.
    template <typename Condition>
    void wake(Condition is_over) const {
        const int before = waits_;
        if (!is_used()) return;
        static_cast<void>(await([&] { return is_over() || waits_ >= before + 2; }));
    }
    void advance_and_wake(duration by, const Pending& pending) {
        advance(by);
        wake([&] { return pending.is_answered(); });
    }

 private:
    mutable std::atomic<int> waits_{0};
};

// What a thread does while it should sleep, as Linux counts it. Elsewhere it is not known: 0.
class Restlessness {
 public:
#ifdef __linux__
    // Called on that thread.
    void begin() {
        id_ = static_cast<int>(syscall(SYS_gettid));
        if (pthread_getcpuclockid(pthread_self(), &processor_) != 0) return;
        woken_before_ = counted();
        begun_ = true;
    }
    // How often it has gone to sleep, and so has been woken, since.
    long wakes() const {
        return begun_ ? counted() - woken_before_ : 0;
    }
    // Whether it sleeps just now, for any reason.
    // A thread that waits for a processor does not.
    bool is_asleep() const {
        if (!begun_) return true;
        std::ifstream stat(fmt::format("/proc/self/task/{}/stat", id_));
        std::string line;
        std::getline(stat, line);
        const auto name_ends = line.rfind(") ");
        return name_ends == std::string::npos || line.compare(name_ends + 2, 1, "S") == 0;
    }
    // What it has used of a processor.
    long cpu_ms() const {
        timespec used{};
        if (!begun_ || clock_gettime(processor_, &used) != 0) return 0;
        return static_cast<long>(used.tv_sec) * 1000 + used.tv_nsec / 1'000'000;
    }

 private:
    long counted() const {
        std::ifstream status(fmt::format("/proc/self/task/{}/status", id_));
        for (std::string word; status >> word;) {
            long times = 0;
            if (word == "voluntary_ctxt_switches:" && status >> times) return times;
        }
        return 0;
    }

    int id_ = 0;
    clockid_t processor_{};
    long woken_before_ = 0;
    std::atomic<bool> begun_{false};
#else
    void begin() {}
    bool is_asleep() const {
        return true;
    }
    long wakes() const {
        return 0;
    }
    long cpu_ms() const {
        return 0;
    }
#endif
};

// Longer than a test waits for anything: a customer who may wait so long is late in no test, by any
// clock.
std::chrono::milliseconds long_wait() {
    return 2 * support::patience();
}

// Has the pool tell those who sleep beside a free connection: at the end of a test that has failed.
void wake_somebody(FakePool& pool) {
    try {
        pool.acquire("test", 0ms);
    } catch (const PoolExhausted&) {  // nobody sleeps beside one
    }
}

// Ends the test unless as many wait for a connection of this pool, of which all are lent.
void need_waiting(const FakePool& pool, const std::vector<const Borrower*>& borrowers) {
    const auto expected = static_cast<int>(borrowers.size());
    static_cast<void>(await([&] {
        return pool.stats().waiting == expected ||
               std::any_of(borrowers.begin(), borrowers.end(), [](const Borrower* one) {
                   return one->state() != Borrower::State::wants;
               });
    }));
    NEED(pool.stats().waiting == expected,
         fmt::format("Every connection is lent, {} wanted, and waiting is {}.",
                     expected == 1 ? "another is" : fmt::format("{} more are", expected),
                     pool.stats().waiting));
}

}  // namespace

// Four connections.

TEST_CASE("There are never more than four connections", "[pitfall][stage 1]") {
    constexpr int crowd = 8;
    const TestClock clock;  // nobody is late
    PooledShop shop(crowd + 1);
    Customer observer = shop.customer("observer");
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> orders;
    for (int i = 0; i < crowd; ++i) {
        customers.push_back(shop.customer(name(i)));
        banks.push_back(shop.bank().hold(name(i), Step::charge));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        static_cast<void>(await([&] {
            return orders.back().is_answered() || shop.bank().asked(name(i), Step::charge) > 0 ||
                   metric(observer.gets("/metrics"), "pool_waiting") == i + 1 - four;
        }));
    }
    EXPECT(
        shop.ledger().open_connections() <= four,
        fmt::format("Eight customers have ordered, and {} connections are open. There may be four. "
                    "With a thousand customers it would be a thousand.",
                    shop.ledger().open_connections()));
    for (Held& bank : banks) bank.accept();
    for (const Pending& order : orders) {
        const Reply reply = order.reply();
        EXPECT(
            reply.status == 201,
            fmt::format("The bank has accepted everybody, one after the other the connections came "
                        "back, and somebody was told \"{}\".",
                        reply.told()));
    }
    EXPECT(shop.ledger().opened_connections() <= four,
           "More connections were opened than there may be, one after the other.");
}

TEST_CASE("The fifth customer waits, and is served when a connection comes back",
          "[pitfall][stage 1]") {
    const TestClock clock;  // nobody is late
    PooledShop shop;
    Customer observer = shop.customer("observer");
    Customer erin = shop.customer("erin");
    AtTheBank busy(shop);
    const Pending page = erin.starts_to_get("/items/1");
    need_waiting(shop, observer, {page});
    const Reply metrics = observer.gets("/metrics");
    EXPECT(
        metric(metrics, "pool_in_use") == four,
        fmt::format("Four customers have a connection and one waits for hers: pool_in_use is {}.",
                    metric(metrics, "pool_in_use")));

    busy.banks.front().accept();
    CHECK(busy.orders.front().reply().status == 201);
    const Reply served = page.reply();
    EXPECT(served.status == 200,
           fmt::format("A customer came back from the bank and gave her connection back. Erin, who "
                       "waited for one, was {}.",
                       served.status == 0 ? "not served all the same" : "told " + served.told()));
    EXPECT(
        shop.ledger().opened_connections() == four,
        fmt::format("One customer after another had the same connection, and still {} were opened.",
                    shop.ledger().opened_connections()));
    EXPECT(await_metric(observer, "pool_waiting", 0),
           "Erin has been served, and /metrics still says that somebody waits.");
}

TEST_CASE("A hundred requests share four connections", "[pitfall][stage 1]") {
    constexpr int crowd = 32;
    const TestClock clock;  // nobody is late
    PooledShop shop(crowd + four + 1);
    Customer observer = shop.customer("observer");
    std::vector<Customer> guests;
    for (int i = 0; i < crowd; ++i) {
        guests.push_back(shop.customer(fmt::format("guest{}", i + 1)));
        NEED(guests.back().gets("/metrics").status == 200, "/metrics does not answer.");
    }
    AtTheBank busy(shop);
    int served = 0;
    std::vector<Pending> pages;
    for (Customer& guest : guests) pages.push_back(guest.starts_to_get("/items/1"));
    static_cast<void>(await_waiting(observer, pages));
    CHECK(busy.all_are_accepted() == four);
    for (int round = 0; round < 3; ++round) {
        for (const Pending& page : pages) served += page.reply().status == 200 ? 1 : 0;
        pages.clear();
        if (round == 2) break;
        for (Customer& guest : guests) pages.push_back(guest.starts_to_get("/items/1"));
    }
    EXPECT(served == 3 * crowd,
           fmt::format("Thirty-two customers asked three times each, all within their time: of 96 "
                       "requests {} were served.",
                       served));
    EXPECT(shop.ledger().opened_connections() <= four,
           "A hundred requests could have shared four connections, and more were opened.");
    EXPECT(await_metric(observer, "pool_in_use", 0),
           "Everybody has been served, and a connection is still lent to somebody.");
}

TEST_CASE("Connections that are being opened count", "[pitfall][stage 1]") {
    const TestClock clock;  // nobody is late
    ConnectInterceptor connects;
    PooledShop shop;
    Customer observer = shop.customer("observer");
    std::vector<Customer> guests;
    std::vector<HeldConnect> opening;
    std::vector<Pending> pages;
    const int before = connects.attempts();
    for (int i = 0; i < four; ++i) {
        guests.push_back(shop.customer(name(i)));
        opening.push_back(connects.hold_next());
        pages.push_back(guests.back().starts_to_get("/items/1"));
        NEED(
            opening.back().is_tried(),
            fmt::format("{} connections are being opened, which takes long today, and there may be "
                        "four. For the next customer none is opened. Does she wait for those who "
                        "open theirs?",
                        i));
    }
    Customer erin = shop.customer("erin");
    const Pending page = erin.starts_to_get("/items/2");
    const bool waits = await_waiting(observer, {page});
    EXPECT(connects.attempts() - before == four,
           fmt::format("Four connections are being opened, so all four are somebody's. A fifth "
                       "customer came, and now {} have been begun.",
                       connects.attempts() - before));
    EXPECT(waits,
           "Four connections are being opened, a fifth customer came, and she does not wait.");
    const double in_use = metric(observer.gets("/metrics"), "pool_in_use");
    EXPECT(in_use == four,
           fmt::format("Four connections are being opened, each for a customer, and pool_in_use is "
                       "{}: by that, there is room.",
                       in_use));
    for (HeldConnect& one : opening) one.succeed();
    for (const Pending& one : pages) CHECK(one.reply().status == 200);
    CHECK(page.reply().status == 200);
    CHECK(shop.ledger().opened_connections() <= four);
}

// Who waits, and for how long.

TEST_CASE("A customer who has waited her time is told so", "[pitfall][stage 2]") {
    CountingClock clock;
    PooledShop shop;
    Customer observer = shop.customer("observer");
    Customer erin = shop.customer("erin");
    AtTheBank busy(shop);
    const Pending page = erin.starts_to_get("/items/1");
    need_waiting(shop, observer, {page});
    clock.advance_and_wake(1900ms, page);
    const bool gave_up = page.is_answered();
    EXPECT((!gave_up || !clock.is_used()),
           "She may wait for two seconds, and was turned away after 1.9.");
    clock.advance(200ms);
    const Reply told = page.reply();
    EXPECT(told.status == 503,
           fmt::format("She may wait for two seconds for a connection. After 2.1 s, with every "
                       "connection still at the bank, she {}.",
                       told.status == 0 ? "is still waiting" : "was told " + told.told()));
    EXPECT(told.headers.count("Retry-After") == 1,
           "She was turned away, and not told when it is worth trying again: no Retry-After.");
    EXPECT(!told.text("/error").empty(),
           fmt::format("An error is JSON with a text for the customer. She got: {}", told.body));
    EXPECT(metric(observer.gets("/metrics"), "pool_waiting") == 0,
           "She has gone, and /metrics still counts her among those who wait.");
    EXPECT(metric(observer.gets("/metrics"), "pool_timeouts_total") == 1,
           "She waited in vain, and pool_timeouts_total does not say so: who pages you tomorrow?");
    EXPECT(metric(observer.gets("/metrics"), "pool_wait_seconds_total") < 2,
           "The only one who waited got nothing, and pool_wait_seconds_total counts her two "
           "seconds: divided by those who got one, it says how long a connection takes to come.");
    CHECK(busy.all_are_accepted() == four);
    CHECK(erin.gets("/items/1").status == 200);
}

TEST_CASE("A customer who waited in vain leaves nothing behind", "[pitfall][stage 2]") {
    TestClock clock;
    PooledShop shop(12);
    shop.database().run("UPDATE items SET stock = 100 WHERE id = 1");
    Customer observer = shop.customer("observer");
    std::vector<Customer> guests;
    for (int i = 0; i < 5; ++i) guests.push_back(shop.customer(fmt::format("guest{}", i + 1)));
    for (int round = 1; round <= 2; ++round) {
        AtTheBank busy(shop);
        std::vector<Pending> pages;
        for (Customer& guest : guests) {
            pages.push_back(guest.starts_to_get("/items/1"));
            need_waiting(shop, observer, pages);
        }
        clock.advance(3s);
        for (const Pending& page : pages) {
            EXPECT(
                page.reply().status == 503,
                fmt::format("Her two seconds are over, and she was told {}.", page.reply().told()));
        }
        CHECK(busy.all_are_accepted() == four);
        const bool all_are_back = await_metric(observer, "pool_in_use", 0);
        NEED(all_are_back,
             fmt::format(
                 "Five customers waited in vain, the other four gave their connections back. "
                 "pool_in_use is {}.",
                 metric(observer.gets("/metrics"), "pool_in_use")));
        EXPECT(metric(observer.gets("/metrics"), "pool_idle") == four,
               fmt::format("Five customers waited in vain, the other four gave their connections "
                           "back. Of four connections {} are idle now.",
                           metric(observer.gets("/metrics"), "pool_idle")));
    }
    AtTheBank again(shop);  // needs all four
    CHECK(again.all_are_accepted() == four);
    CHECK(shop.ledger().opened_connections() <= four);
}

TEST_CASE("However often she is woken, her time is the same", "[pitfall][stage 2]") {
    CountingClock clock;
    PooledShop shop;
    Customer observer = shop.customer("observer");
    Customer erin = shop.customer("erin");
    AtTheBank busy(shop);
    const Pending page = erin.starts_to_get("/items/1");
    need_waiting(shop, observer, {page});
    for (int i = 0; i < 5; ++i) {
        clock.advance_and_wake(500ms, page);
    }
    const Reply told = page.reply();
    EXPECT(told.status == 503,
           fmt::format("She waits, is woken every now and then, finds nothing and waits on. After "
                       "2.5 s she {}: she may wait two seconds in all, and not two seconds more "
                       "each time.",
                       told.status == 0 ? "is still waiting" : "was told " + told.told()));
    CHECK(busy.all_are_accepted() == four);
}

TEST_CASE("A waiter is woken, and does not keep looking", "[pitfall][stage 1]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1, .max_wait = long_wait()}, clock);
    std::optional<FakeLease> taken(pool.acquire("test"));
    Restlessness erins;
    Borrower erin(pool, std::nullopt, [&] { erins.begin(); });
    const AtTheEnd end([&] {
        clock.end();
        taken.reset();
    });

    const int looks_before = clock.looks();
    int looks = 0;
    long wakes = 0;
    long cpu_ms = 0;
    // All two seconds only for those who go by another clock: nothing says that they sleep. The
    // standard library's own semaphores may wake some fifty times in them.
    static_cast<void>(await(
        [&] {
            looks = clock.looks() - looks_before;
            wakes = erins.wakes();
            cpu_ms = erins.cpu_ms();
            return clock.asleep() == 1 || looks > 50 || wakes > 80 || cpu_ms > 20 ||
                   erin.state() != Borrower::State::wants;
        },
        2s));
    NEED(erin.state() == Borrower::State::wants,
         "The one connection is lent, and somebody else did not wait for it.");
    // On a busy machine a spinning thread may not have got far.
    const bool sleeps = await([&] { return erins.is_asleep(); });
    EXPECT(sleeps,
           "Nothing happens while Erin waits, yet she never sleeps: she looks again and again.");
    EXPECT(looks <= 50,
           fmt::format("Nothing happens while Erin waits, yet she looked at the clock {} times: "
                       "she looks again and again instead of being woken.",
                       looks));
    EXPECT(
        wakes <= 80,
        fmt::format("Nothing happens while Erin waits, yet she has taken {} naps: she looks again "
                    "and again instead of being woken. When a connection comes back she is asleep.",
                    wakes));
    EXPECT(cpu_ms <= 20,
           fmt::format("Nothing happens while Erin waits, yet she has used {} ms of a processor to "
                       "look.",
                       cpu_ms));
    taken.reset();
    EXPECT(erin.has(),
           "A connection came back, and the one who waited for it did not get it: nobody has woken "
           "her.");
}

TEST_CASE("A waiter is told when the connection is there", "[pitfall][stage 1]") {
    for (int lock = 1;; ++lock) {
        FrozenClock clock;
        FakePool pool(FakeManager{}, {.max_connections = 1, .max_wait = long_wait()}, clock);
        std::optional<FakeLease> taken(pool.acquire("test"));
        Borrower erin(pool);
        const AtTheEnd end([&] {
            clock.end();
            taken.reset();
        });
        need_waiting(pool, {&erin});
        bool is_held_up = false;
        {
            // If she has been told by then, she looks for it now.
            const LockVisit visit(lock, [&] {
                is_held_up = true;
                static_cast<void>(support::happens_before_stillness(
                    [&] { return erin.state() != Borrower::State::wants; }));
            });
            taken.reset();
        }
        NEED(erin.has(),
             "A connection came back. The one who waited for it was told a moment before it was "
             "there: she looked, found none and waits on, and nobody tells her again.");
        if (!is_held_up) break;
    }
}

TEST_CASE("Two returned connections serve two waiters", "[pitfall][stage 1]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 2, .max_wait = long_wait()}, clock);
    std::optional<FakeLease> first(pool.acquire("test"));
    std::optional<FakeLease> second(pool.acquire("test"));
    Borrower erin(pool);
    Borrower frank(pool);
    const AtTheEnd end([&] {
        clock.end();
        first.reset();
        second.reset();
        erin.lets_go();
        frank.lets_go();
    });
    need_waiting(pool, {&erin, &frank});
    clock.holds_back();  // both connections are back before anybody has moved
    first.reset();
    second.reset();
    clock.lets_go_on();
    const bool erin_has = erin.has();
    EXPECT((frank.has() && erin_has),
           "Two connections came back, one right after the other, and two borrowers waited. One of "
           "them still does: nobody has told the second.");
    EXPECT(pool.stats().in_use == 2, "Two have a connection, and in_use does not say so.");
}

TEST_CASE("A waiter woken in vain is woken again", "[pitfall][stage 2]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1, .max_wait = long_wait()}, clock);
    std::optional<FakeLease> taken(pool.acquire("test"));
    std::optional<FakeLease> quicker;
    Borrower erin(pool);
    const AtTheEnd end([&] {
        clock.end();
        quicker.reset();
        taken.reset();
        wake_somebody(pool);
    });
    need_waiting(pool, {&erin});
    clock.holds_back();
    taken.reset();
    try {
        quicker.emplace(pool.acquire("somebody quicker", 0ms));
    } catch (const PoolExhausted&) {  // it is Erin's already
    }
    const int looks = clock.looks();
    clock.lets_go_on();
    if (quicker) {
        // All of this time only for those who sleep by another clock.
        static_cast<void>(await(
            [&] {
                return (clock.looks() > looks && clock.asleep() == 1) ||
                       erin.state() != Borrower::State::wants;
            },
            1s));
        EXPECT(erin.state() == Borrower::State::wants,
               "A connection came back and Erin was woken, but somebody else was quicker. She had "
               "time left, and did not wait on.");
        quicker.reset();
    }
    EXPECT(erin.has(),
           "A connection came back and Erin was woken, but somebody else was quicker, so she waits "
           "on. Then that one came back, and nobody told her.");
}

TEST_CASE("A customer who cannot even wait is turned away at once", "[pitfall][stage 2]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1, .max_waiting = 2, .max_wait = long_wait()},
                  clock);
    std::optional<FakeLease> taken(pool.acquire("test"));
    Borrower erin(pool);
    Borrower frank(pool);
    std::optional<Borrower> grace;
    const AtTheEnd end([&] {
        clock.end();
        taken.reset();
        erin.lets_go();
        frank.lets_go();
        if (grace) grace->lets_go();
    });
    static_cast<void>(await([&] {
        return pool.stats().waiting == 2 || erin.state() != Borrower::State::wants ||
               frank.state() != Borrower::State::wants;
    }));
    NEED(pool.stats().waiting == 2,
         fmt::format("The one connection is lent and two borrowers want it, as max_waiting allows. "
                     "Waiting: {}.",
                     pool.stats().waiting));
    grace.emplace(pool);
    static_cast<void>(await(
        [&] { return grace->state() != Borrower::State::wants || pool.stats().waiting > 2; }));
    NEED(grace->state() == Borrower::State::refused,
         fmt::format("Two may wait (max_waiting), and two do. A third came, and was not turned "
                     "away at once: {} are waiting.",
                     pool.stats().waiting));
    EXPECT(pool.stats().rejected == 1,
           fmt::format("One was turned away at once, and rejected is {}.", pool.stats().rejected));
    EXPECT(pool.stats().timeouts == 0,
           "One was turned away at once. She is no timeout: nobody's time was over.");
    EXPECT(pool.stats().acquired == 1,
           fmt::format("One has the connection, two wait for it and one was turned away: one turn "
                       "has come, and acquired is {}.",
                       pool.stats().acquired));
    taken.reset();
    EXPECT(await([&] {
               return erin.state() == Borrower::State::has || frank.state() == Borrower::State::has;
           }),
           "A third was turned away. Then a connection came back, and neither of those who waited "
           "got it.");
}

TEST_CASE("A waiting customer gets each connection that comes back", "[pitfall][stage 2]") {
    for (int lock = 1;; ++lock) {
        shop::Clock clock;  // on which she is woken by the pool alone
        FakePool pool(FakeManager{}, {.max_connections = 1, .max_wait = long_wait()}, clock);
        std::optional<FakeLease> taken(pool.acquire("test"));
        Interruption return_of_hers([&] { taken.reset(); });
        Borrower erin(pool, std::nullopt, {}, {lock, [&] { return_of_hers.comes(); }});
        const AtTheEnd end([&] { wake_somebody(pool); });
        static_cast<void>(await([&] {
            return return_of_hers.has_come() || pool.stats().waiting == 1 ||
                   erin.state() != Borrower::State::wants;
        }));
        const bool came_too_late = return_of_hers.comes();
        NEED(erin.has(),
             fmt::format("The one connection was lent and Erin came for it. It came back {}, and "
                         "she does not get it: it lies there, and she waits for it.",
                         came_too_late ? "when she waited"
                                       : "before she had taken her place among those who wait"));
        NEED(pool.stats().opened == 1,
             fmt::format(
                 "There may be one connection. It was lent, Erin wanted one, and {} have been "
                 "opened.",
                 pool.stats().opened));
        if (came_too_late) break;
    }
}

TEST_CASE("Two who come at once do not both take the last place", "[pitfall][stage 2]") {
    for (int lock = 1;; ++lock) {
        shop::Clock clock;
        FakePool pool(FakeManager{},
                      {.max_connections = 1, .max_waiting = 1, .max_wait = long_wait()}, clock);
        std::optional<FakeLease> taken(pool.acquire("test"));
        std::optional<Borrower> frank;
        std::atomic<bool> frank_is_settled{false};
        Interruption franks_coming([&] {
            frank.emplace(pool);
            static_cast<void>(await([&] {
                return pool.stats().waiting > 0 || frank->state() != Borrower::State::wants;
            }));
            frank_is_settled = true;
        });
        Borrower erin(pool, std::nullopt, {}, {lock, [&] { franks_coming.comes(); }});
        const AtTheEnd end([&] {
            static_cast<void>(await([&] { return bool(frank_is_settled); }));
            taken.reset();
            erin.lets_go();
            if (frank) frank->lets_go();
        });
        static_cast<void>(await([&] {
            return franks_coming.has_come() || pool.stats().waiting == 1 ||
                   erin.state() != Borrower::State::wants;
        }));
        const bool came_too_late = franks_coming.comes();
        NEED(await([&] { return bool(frank_is_settled); }),
             "Frank came for a connection and was neither served nor turned away nor counted.");
        const auto how_many = [&](Borrower::State state) {
            return (erin.state() == state ? 1 : 0) + (frank->state() == state ? 1 : 0);
        };
        static_cast<void>(
            await([&] { return how_many(Borrower::State::wants) == pool.stats().waiting; }));
        NEED((how_many(Borrower::State::refused) == 1 && pool.stats().waiting == 1),
             fmt::format("The one connection is lent and one borrower may wait (max_waiting). Two "
                         "came at once: {} wait, {} were turned away, {} got another connection.",
                         pool.stats().waiting, how_many(Borrower::State::refused),
                         how_many(Borrower::State::has)));
        EXPECT(pool.stats().rejected == 1,
               fmt::format("Of two who came at once one was turned away, and rejected is {}.",
                           pool.stats().rejected));
        taken.reset();
        EXPECT(
            await([&] { return how_many(Borrower::State::has) == 1; }),
            "Of two who came at once one was turned away. Then the connection came back, and the "
            "one who waited did not get it.");
        if (came_too_late) break;
    }
}

TEST_CASE("Everybody has her own time to wait", "[pitfall][stage 2]") {
    CountingClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1, .max_wait = long_wait()}, clock);
    std::optional<FakeLease> taken(pool.acquire("test"));
    Borrower erin(pool);
    std::optional<Borrower> grace;
    const AtTheEnd end([&] {
        clock.advance(2 * long_wait());
        taken.reset();
    });
    need_waiting(pool, {&erin});
    grace.emplace(pool, 20ms);
    static_cast<void>(await(
        [&] { return pool.stats().waiting == 2 || grace->state() != Borrower::State::wants; }));
    clock.advance(30ms);
    static_cast<void>(await([&] { return grace->state() != Borrower::State::wants; }));
    NEED(grace->state() == Borrower::State::refused,
         "Erin may wait long, and Grace, who came later, for 20 ms. They are over, and Grace still "
         "waits: she has Erin's deadline, or stands behind her.");
    clock.wake([&] { return erin.state() != Borrower::State::wants; });
    EXPECT(erin.state() == Borrower::State::wants,
           "Grace's 20 ms are over. Erin may wait much longer, and does not any more.");
    clock.advance(long_wait() / 2);
    taken.reset();
    EXPECT(
        erin.has(),
        "Grace has given up. Then a connection came back, and Erin, who still waited, did not get "
        "it.");
    for (const auto& lease : pool.stats().leases) {
        EXPECT(lease.held < long_wait() / 2,
               fmt::format("Erin waited for {} s and has had her connection for a moment, and by "
                           "stats().leases she has had it all that time: a search for a leak "
                           "leads to those who waited.",
                           long_wait() / 2s));
    }
    EXPECT(pool.stats().waited > 0ns,
           "Erin waited and was served, and stats().waited says that nobody ever waited: by "
           "pool_wait_seconds_total the pool is large enough.");
}

TEST_CASE("Her time is over, and a connection is free", "[pitfall][stage 2]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1, .max_wait = long_wait()}, clock);
    std::optional<FakeLease> taken(pool.acquire("test"));
    Borrower erin(pool);
    const AtTheEnd end([&] {
        clock.end();
        taken.reset();
    });
    need_waiting(pool, {&erin});
    clock.holds_back();
    taken.reset();
    clock.end();  // she moves only now, and is told that it is late
    EXPECT(
        erin.has(),
        "A connection came back, and before the customer who waited for it could move, her time was over. "
        "She was turned away beside a connection that nobody has.");
    EXPECT(pool.stats().timeouts == 0, "She got her connection, and is counted as a timeout.");
}

TEST_CASE("A free connection is lent, even if nobody may wait", "[pitfall][stage 2]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1, .max_waiting = 0}, clock);
    Borrower erin(pool);
    NEED(erin.has(),
         "Nobody may wait (max_waiting is 0). A connection was free, and Erin, who wanted it, was "
         "turned away: the limit is on those who would have to wait.");
    Borrower frank(pool);
    const AtTheEnd end([&] { clock.end(); });
    static_cast<void>(
        await([&] { return frank.state() != Borrower::State::wants || pool.stats().waiting > 0; }));
    EXPECT(
        frank.state() == Borrower::State::refused,
        fmt::format("Nobody may wait (max_waiting is 0) and the one connection is lent. Somebody "
                    "wanted one, and {}.",
                    frank.state() == Borrower::State::has ? "got another" : "waits"));
}

TEST_CASE("A customer with no time to wait is told so at once", "[pitfall][stage 2]") {
    FrozenClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 1}, clock);
    std::optional<FakeLease> taken(pool.acquire("test", 0ms));
    Borrower erin(pool, 0ms);
    const AtTheEnd end([&] {
        clock.end();
        taken.reset();
    });
    static_cast<void>(
        await([&] { return erin.state() != Borrower::State::wants || clock.asleep() > 0; }));
    NEED(erin.state() == Borrower::State::refused,
         fmt::format("The one connection is lent, and somebody asked for one with no time to wait, "
                     "acquire(holder, 0ms). She {}.",
                     erin.state() == Borrower::State::has ? "got another" : "waits"));
    EXPECT(
        pool.stats().rejected == 0,
        "She had no time to wait, and is counted as rejected. Those are the ones whom the queue has "
        "no room for, and it was empty.");
    taken.reset();
    CHECK_NOTHROW(pool.acquire("test", 0ms));
}

TEST_CASE("/metrics says who waits and who has had a connection longest", "[pitfall][stage 1]") {
    TestClock clock;
    PooledShop shop;
    Customer observer = shop.customer("observer");
    Customer erin = shop.customer("erin");
    AtTheBank busy(shop, 1);
    clock.advance(3s);
    while (busy.orders.size() < four) busy.arrives(shop);
    const Pending page = erin.starts_to_get("/items/1");
    const bool waits = await_waiting(observer, {page});
    const Reply metrics = observer.gets("/metrics");
    EXPECT(waits, fmt::format("Four customers are at the bank and a fifth wants a connection. The "
                              "only one who can tell you why the shop is slow says: pool_waiting "
                              "{}, pool_in_use {}, pool_max {}.",
                              metric(metrics, "pool_waiting"), metric(metrics, "pool_in_use"),
                              metric(metrics, "pool_max")));
    EXPECT(metric(metrics, "pool_in_use") <= metric(metrics, "pool_max"),
           "More connections are lent than there may be.");
    EXPECT(metrics.body.find("pool_oldest_lease_seconds{holder=\"POST /orders\"}") !=
               std::string::npos,
           fmt::format("An order has had its connection longest, and /metrics does not say so:\n{}",
                       metrics.body));
    CHECK(busy.all_are_accepted() == four);
    CHECK(page.reply().status == 200);
}

// Already green.

TEST_CASE("However a request ends, its connection comes back") {
    PooledShop shop(12);
    Customer observer = shop.customer("observer");
    shop.bank().decline("alice", Step::charge);
    shop.bank().fail("bob", Step::charge);
    shop.bank().fail("carol", Step::charge, std::make_exception_ptr(std::bad_alloc()));
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Customer carol = shop.customer("carol");
    const auto expect_back = [&](const std::string& what, const Reply& reply, int status) {
        EXPECT(reply.status == status,
               fmt::format("{}: {} instead of {}.", what, reply.told(), status));
        EXPECT(
            await_metric(observer, "pool_in_use", 0),
            fmt::format("{}, the reply has left, and the connection is still somebody's.", what));
    };
    for (int i = 0; i < 5; ++i) {  // more often than there are connections
        expect_back("A card was declined", alice.orders(shop::teapot, 1), 402);
        expect_back("The bank broke down", bob.orders(shop::teapot, 1), 504);
        expect_back("A handler ran out of memory", carol.orders(shop::teapot, 1), 500);
        expect_back("There is no such item", alice.gets("/items/99"), 404);
        expect_back("Nothing was left", alice.orders(shop::samovar, 1), 409);
        expect_back("That was no order", alice.posts("/orders", "{", {}), 400);
    }
    AtTheBank all(shop);
    CHECK(all.all_are_accepted() == four);
    CHECK(shop.ledger().opened_connections() <= four);
}

TEST_CASE("/metrics answers while every connection is taken") {
    PooledShop shop;
    Customer observer = shop.customer("observer");
    AtTheBank busy(shop);
    const Reply metrics = observer.gets("/metrics");
    EXPECT(
        metrics.status == 200,
        "Every connection is at the bank, and /metrics does not answer: it is asked most when the "
        "pool is empty, so it must not need a connection.");
    CHECK(metric(metrics, "pool_in_use") == four);
    CHECK(metric(metrics, "pool_max") == four);
    CHECK(busy.all_are_accepted() == four);
}

TEST_CASE("A connection that is being opened holds up nobody else") {
    ConnectInterceptor connects;
    PooledShop shop;
    Customer observer = shop.customer("observer");
    Customer bob = shop.customer("bob");
    Customer carol = shop.customer("carol");
    AtTheBank busy(shop, 1);
    HeldConnect opening = connects.hold_next();
    const Pending bobs = bob.starts_to_get("/items/1");
    NEED(opening.is_tried(),
         "One connection is at the bank, Bob wants another, and none is opened.");

    EXPECT(observer.gets("/metrics").status == 200,
           "A connection is being opened, which takes long today, and /metrics does not answer.");
    busy.banks.front().accept();
    EXPECT(busy.orders.front().reply().status == 201,
           "A connection is being opened for Bob, which takes long today. Another customer cannot "
           "give hers back meanwhile: the thread that opens Bob's holds something she needs.");
    EXPECT(
        carol.gets("/items/1").status == 200,
        "A connection is being opened for Bob, which takes long today, and another is idle. Carol "
        "could have it, and waits.");
    EXPECT(!bobs.is_answered(), "Bob's connection is not open yet, and he was answered.");
    opening.succeed();
    CHECK(bobs.reply().status == 200);
    CHECK(shop.ledger().opened_connections() == 2);
}

TEST_CASE("Connections are opened when they are needed and kept for the next one") {
    PooledShop shop;
    Customer alice = shop.customer("alice");
    EXPECT(shop.ledger().opened_connections() == 0,
           "Nobody has come yet, and a connection is open: a shop whose database is away for a "
           "moment cannot even start.");
    for (int i = 0; i < 10; ++i) CHECK(alice.gets("/items/1").status == 200);
    EXPECT(shop.ledger().opened_connections() == 1,
           fmt::format("Ten requests came one after the other. One connection is enough for them; "
                       "opened: {}.",
                       shop.ledger().opened_connections()));
    CHECK(shop.ledger().open_connections() == 1);
    Customer observer = shop.customer("observer");
    const bool is_one_idle = await_metric(observer, "pool_idle", 1);
    EXPECT(is_one_idle,
           fmt::format("Of four connections that there may be one is open, and it is nobody's. "
                       "pool_idle says {}: what is not open is not idle.",
                       metric(observer.gets("/metrics"), "pool_idle")));
    shop.close();
    EXPECT(shop.ledger().open_connections() == 0,
           "The shop has closed, its pool with it, and a connection is still open.");
}

TEST_CASE("The connection that was used last is lent first") {
    PooledShop shop;
    Customer bob = shop.customer("bob");
    Customer carol = shop.customer("carol");
    AtTheBank busy(shop, 3);  // connections 1 to 3
    for (const std::size_t last : {1U, 0U, 2U}) {
        busy.banks[last].accept();
        CHECK(busy.orders[last].reply().status == 201);
        CHECK(carol.gets("/items/1").status == 200);
        const auto connections = shop.ledger().connections();
        const auto& used = connections.at(last).used_by;
        EXPECT(
            std::any_of(used.begin(), used.end(),
                        [](const std::string& who) { return who.starts_with("carol"); }),
            fmt::format("Connection {} was used last, and Carol, who came next, got another. The "
                        "one used last is still warm; the others may grow old.",
                        last + 1));
    }
}

TEST_CASE("A lease is one borrower's alone") {
    const support::LeaseTraits lease_type = FakeLease::traits();
    EXPECT(
        !lease_type.can_be_copied,
        "A lease can be copied: two borrowers use one connection, or one gives it back while the "
        "other still uses it.");
    CHECK_FALSE(lease_type.can_be_copy_assigned);
    CHECK(lease_type.moves_without_throwing);
    CHECK(lease_type.is_destroyed_without_throwing);

    FakePool pool(FakeManager{}, {.max_connections = 2});
    {
        FakeLease lease = pool.acquire("alice");
        const int number = lease->number;
        FakeLease moved = std::move(lease);
        EXPECT(moved->number == number, "A lease was moved, and leads to another connection.");
        EXPECT(pool.stats().in_use == 1, "One lease, moved once, and in_use is not 1.");
        const FakeLease other = pool.acquire("bob");
        EXPECT(other->number != number, "Two leases at a time lead to the same connection.");
        CHECK(pool.stats().in_use == 2);
    }
    EXPECT(pool.stats().in_use == 0, "All leases are gone, and in_use is not 0.");
    CHECK(pool.stats().idle == 2);
    if (lease_type.can_be_assigned) {
        FakeLease lease = pool.acquire("alice");
        lease = pool.acquire("bob");
        EXPECT(pool.stats().in_use == 1,
               "A lease was given another one's connection, and did not give its own back first.");
    }
    EXPECT(pool.stats().in_use == 0, "All leases are gone, and in_use is not 0.");
    EXPECT(pool.stats().leases.empty(),
           fmt::format("All leases are gone, and by the pool's account {} still have a connection: "
                       "a search for a leak leads to somebody who has none.",
                       pool.stats().leases.size()));
    EXPECT(pool.stats().held > 0ns,
           "Connections were lent and came back, and stats().held says that nobody ever had one.");
}

TEST_CASE("The lease that is held longest is named first") {
    TestClock clock;
    FakePool pool(FakeManager{}, {.max_connections = 2}, clock);
    const auto expect_first = [&](const std::string& longest) {
        const auto leases = pool.stats().leases;
        NEED(leases.size() == 2, "Two connections are lent, and stats().leases does not name two.");
        EXPECT(leases.front().holder == longest,
               fmt::format("The connection that {} has is lent longest, and stats().leases begins "
                           "with {}: /metrics names the first one.",
                           longest, leases.front().holder));
    };
    std::optional<FakeLease> alice(pool.acquire("alice"));
    clock.advance(1s);
    std::optional<FakeLease> bob(pool.acquire("bob"));
    alice.reset();
    clock.advance(1s);
    const FakeLease carol = pool.acquire("carol");
    expect_first("bob");
    bob.reset();  // and his place is the next one's, whether it is the pool's first or its second
    clock.advance(1s);
    const FakeLease dave = pool.acquire("dave");
    expect_first("carol");
}

TEST_CASE("Connections that are opened at the same moment are all counted") {
    support::Barrier all_connect(four);
    const FakeManager manager;
    manager.database->on_connect = [&](int) { static_cast<void>(all_connect.arrive_and_wait()); };
    FakePool pool(manager, {.max_connections = four});
    std::vector<std::unique_ptr<Borrower>> borrowers;
    for (int i = 0; i < four; ++i) borrowers.push_back(std::make_unique<Borrower>(pool));
    const bool all_have = std::all_of(borrowers.begin(), borrowers.end(),
                                      [](const auto& borrower) { return borrower->has(); });
    EXPECT(all_have,
           "Four connections may be open, four borrowers came at once, and not all have one.");
    EXPECT((pool.stats().opened == four && pool.stats().acquired == four),
           fmt::format("Four connections were opened at the same moment. By the pool's account {} "
                       "were, for {} borrowers.",
                       pool.stats().opened, pool.stats().acquired));
}

TEST_CASE("Another thread may give a connection back") {
    FakePool pool(FakeManager{}, {.max_connections = 1});
    for (int i = 0; i < 3; ++i) {
        std::thread other(
            [lease = pool.acquire("alice")]() mutable { const FakeLease own = std::move(lease); });
        other.join();
        CHECK(pool.stats().in_use == 0);
        CHECK(pool.stats().idle == 1);
    }
    CHECK(pool.stats().opened == 1);
    CHECK(pool.stats().acquired == 3);
}

TEST_CASE("A pool of no connections is refused") {
    CHECK_THROWS_AS(FakePool(FakeManager{}, {.max_connections = 0}), std::invalid_argument);
}
