// 15 the event loop is closed: the handlers end first, then the tasks, then the pool, and what is
// closed says so.
#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "15_event_loop_closed/subject.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "shop/refusal.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/database_file.hpp"
#include "support/failpoints.hpp"
#include "support/fake_pool.hpp"
#include "support/gate.hpp"
#include "support/halt.hpp"
#include "support/ledger.hpp"
#include "support/lock_visit.hpp"
#include "support/meanwhile.hpp"
#include "support/metrics.hpp"
#include "support/patience.hpp"
#include "support/raw_client.hpp"
#include "support/running_shop.hpp"
#include "support/stillness.hpp"

using support::await;
using support::Customer;
using support::FailpointVisitor;
using support::FakeDatabase;
using support::FakeManager;
using support::FakePool;
using support::Gate;
using support::Halt;
using support::Held;
using support::LockVisit;
using support::Meanwhile;
using support::Pending;
using support::PoolClosed;
using support::PooledShop;
using support::PoolExhausted;
using support::PoolOptions;
using support::PoolStats;
using support::RawClient;
using support::Reply;
using support::Step;
using support::TasksClosed;

namespace {

using namespace std::chrono_literals;

// How long a test waits for what happens at once. Only those that fail depend on it.
constexpr std::chrono::milliseconds a_moment(100);
std::chrono::milliseconds shortly() {
    return std::chrono::milliseconds(support::patience()) * 2 / 5;
}

// Whether something happens that must not. It does not when all others wait: nobody goes on.
bool happens(const std::function<bool()>& it_has) {
    return support::happens_before_stillness(it_has, shortly());
}

// Whether something happens that should, at once: it does not when all others wait, and a moment
// later, for those who look from time to time whether there is something new, still do.
bool happens_at_once(const std::function<bool()>& it_has) {
    return happens(it_has) || await(it_has, a_moment) || happens(it_has);
}

// A thread that is about to sleep at a condition variable: it has the lock, and has found nothing
// to do. For that thread alone a wait that has a deadline is over at once, and its clocks say so:
// nothing came in all that time.
class Nap {
 public:
    // Called on that thread, by which this is outlived. `just_before` is called the first time.
    static void this_thread_takes(Nap* nap) { of_this_thread() = nap; }

    explicit Nap(std::function<void()> just_before = {}) : just_before_(std::move(just_before)) {}
    bool has_begun() const { return times_ > 0; }
    // Wakes who still sleeps there.
    void end() {
        if (at_ != nullptr) pthread_cond_broadcast(at_);
    }

    static void begins(pthread_cond_t* at) {
        Nap* const nap = of_this_thread();
        if (nap == nullptr) return;
        nap->at_ = at;
        if (++nap->times_ == 1 && nap->just_before_) nap->just_before_();
    }
    // Whether a wait with that deadline is over; it is not for those who take no nap.
    static bool is_over(pthread_mutex_t* mutex, clockid_t clock, const timespec& deadline) {
        Nap* const nap = of_this_thread();
        if (nap == nullptr) return false;
        if (nap->times_ > 1) {  // it waits again and again: others get the lock
            pthread_mutex_unlock(mutex);
            std::this_thread::yield();
            pthread_mutex_lock(mutex);
        }
        timespec now{};
        clock_gettime(clock, &now);
        const auto still = std::chrono::seconds(deadline.tv_sec - now.tv_sec) +
                           std::chrono::nanoseconds(deadline.tv_nsec - now.tv_nsec);
        if (still > still.zero()) time_ahead() += still;
        return true;
    }
    // By how much this thread's clocks are ahead.
    static std::chrono::nanoseconds& time_ahead() {
        static thread_local std::chrono::nanoseconds ahead{0};
        return ahead;
    }

 private:
    static Nap*& of_this_thread() {
        static thread_local Nap* nap = nullptr;
        return nap;
    }
    std::function<void()> just_before_;
    std::atomic<int> times_{0};
    std::atomic<pthread_cond_t*> at_{nullptr};
};

}  // namespace

// Every wait at a std::condition_variable comes by here, where support/lock_visit.hpp has every
// lock come by. Elsewhere nobody is seen to sleep, and the tests see less.
#if LEAKLINGS_VISITS_LOCKS
namespace {
template <typename Function>
Function* next_after_ours(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}
}  // namespace

extern "C" {
int pthread_cond_wait(pthread_cond_t* changed, pthread_mutex_t* mutex) {
    static const auto wait =
        next_after_ours<int(pthread_cond_t*, pthread_mutex_t*)>("pthread_cond_wait");
    Nap::begins(changed);
    return wait(changed, mutex);
}

int pthread_cond_clockwait(pthread_cond_t* changed, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* deadline) {
    static const auto wait =
        next_after_ours<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>(
            "pthread_cond_clockwait");
    Nap::begins(changed);
    if (Nap::is_over(mutex, clock, *deadline)) return ETIMEDOUT;
    return wait(changed, mutex, clock, deadline);
}

int pthread_cond_timedwait(pthread_cond_t* changed, pthread_mutex_t* mutex,
                           const timespec* deadline) {
    static const auto wait =
        next_after_ours<int(pthread_cond_t*, pthread_mutex_t*, const timespec*)>(
            "pthread_cond_timedwait");
    Nap::begins(changed);
    if (Nap::is_over(mutex, CLOCK_REALTIME, *deadline)) return ETIMEDOUT;
    return wait(changed, mutex, deadline);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
    static const auto look = next_after_ours<int(clockid_t, timespec*)>("clock_gettime");
    const int result = look(clock, now);
    const auto ahead = Nap::time_ahead();
    if (result != 0 || ahead == ahead.zero()) return result;
    const auto nanoseconds = std::chrono::nanoseconds(now->tv_nsec) + ahead;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(nanoseconds);
    now->tv_sec += seconds.count();
    now->tv_nsec = (nanoseconds - seconds).count();
    return result;
}
}
#endif

namespace {

// Does `work`, and `close` comes in between, on another thread: just before the `number`th lock
// that `work` takes; 0: before all of it. If `close` waits for a lock that `work` has, both go on.
// False when there are not so many locks: then `close` has come behind.
bool do_while_closing(int number, const std::function<void()>& close,
                      const std::function<void()>& work) {
    if (number == 0) {
        close();
        work();
        return true;
    }
    std::optional<Meanwhile> closing;
    {
        const LockVisit visit(number, [&] {
            closing.emplace(close);
            static_cast<void>(await([&] { return closing->is_over(); }, a_moment));
        });
        work();
    }
    if (!closing) close();
    return closing.has_value();
}

// A clock by which one may be slow to wake up. It stands still until the test puts it forward; who
// waits does so in real time.
class DrowsyClock : public shop::Clock {
 public:
    void advance(duration by) { now_ += by; }  // while nobody else looks at it
    time_point now() const override { return now_; }
    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override {
        const std::cv_status status =
            shop::Clock::wait_until(changed, lock, shop::Clock::now() + (deadline - now_));
        if (of_this_thread != nullptr) {
            lock.unlock();
            of_this_thread->pass();
            lock.lock();
        }
        return status;
    }
    inline static thread_local Halt* of_this_thread = nullptr;

 private:
    time_point now_ = std::chrono::steady_clock::now();
};

// Asks the pool for a connection, and gives it back at once. What she was told.
std::string ask(FakePool& pool, const std::string& name,
                const std::function<void(int connection)>& served = {}) {
    try {
        const FakePool::Lease lease = pool.acquire(name, 2 * support::patience());
        if (served) served(lease->number);
        return "served";
    } catch (const PoolClosed&) {
        return "that the pool is closed";
    } catch (const PoolExhausted&) {
        return "that the pool is exhausted";
    } catch (const std::exception& error) {
        return error.what();
    }
}

// A customer at the pool, on a thread of her own.
struct Shopper {
    Shopper(FakePool& pool, std::string her_name, Halt* sleep = nullptr)
        : name(std::move(her_name)), asking([this, &pool, sleep] {
              DrowsyClock::of_this_thread = sleep;
              told = ask(pool, name, [this](int number) {
                  connection = number;
                  turn = ++turns;
              });
          }) {}
    const std::string name;
    std::string told;                // when it is over
    std::atomic<int> connection{0};  // that she got
    int turn = 0;                    // when she got it
    inline static std::atomic<int> turns{0};
    Meanwhile asking;  // last: it begins with all of the above made
};

// A pool with connections on a database that counts them, and those who come for one.
struct Counter {
    explicit Counter(int max_connections)
        : Counter(PoolOptions{.max_connections = max_connections}) {}
    explicit Counter(PoolOptions options) : pool(manager, options, clock) {}

    // She has taken her place among those who wait, the `n`th of them.
    Shopper& queues(const std::string& name, int n, Halt* sleep = nullptr) {
        Shopper& shopper = shoppers.emplace_back(pool, name, sleep);
        NEED(await([&] { return pool.stats().waiting == n || shopper.asking.is_over(); }),
             name + " came, no connection is free, and she does not wait.");
        return shopper;
    }
    [[nodiscard]] bool all_are_over(std::chrono::milliseconds limit) const {
        return await([this] { return are_all_over(); }, limit);
    }
    bool are_all_over() const {
        return std::all_of(shoppers.begin(), shoppers.end(),
                           [](const Shopper& each) { return each.asking.is_over(); });
    }
    std::string what_they_were_told() const {
        std::vector<std::string> all;
        for (const Shopper& shopper : shoppers) {
            all.push_back(
                fmt::format("{} {}", shopper.name,
                            shopper.asking.is_over() ? "was told: " + shopper.told : "waits on"));
        }
        return fmt::format("{}", fmt::join(all, "; "));
    }
    // The pool is closed, and nobody has a connection any more.
    void expect_nothing_left(const std::string& story) const {
        EXPECT(database.open() == 0,
               fmt::format("{} All have left, the pool is closed, and connections are open: {}. "
                           "Nobody will ever come for them.",
                           story, database.open()));
        const PoolStats now = pool.stats();
        EXPECT((now.in_use == 0 && now.idle == 0 && now.waiting == 0 && now.leases.empty()),
               fmt::format("{} All have left, and by the pool's account {} connections are in "
                           "use, {} are idle and {} customers wait.",
                           story, now.in_use, now.idle, now.waiting));
    }

    const FakeManager manager;
    FakeDatabase& database = *manager.database;
    DrowsyClock clock;
    FakePool pool;
    std::list<Shopper> shoppers;
};

// What is written to the standard error output while `work` is done.
std::string on_standard_error(const std::function<void()>& work) {
    std::FILE* const file = std::tmpfile();
    NEED(file != nullptr, "No temporary file can be made.");
    std::fflush(stderr);
    const int before = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    work();
    std::fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

// One who comes, orders or reviews, and has gone when it returns.
Reply order(PooledShop& shop, const std::string& who, shop::Id item = shop::teapot) {
    Customer customer = shop.customer(who);
    return customer.orders(item, 1);
}
Reply review(PooledShop& shop, const std::string& who) {
    Customer customer = shop.customer(who);
    return customer.reviews(shop::teapot, "Pours well.");
}

std::int64_t receipts(const PooledShop& shop) {
    return shop.database().number("SELECT count(*) FROM receipts");
}
std::int64_t visits(const PooledShop& shop, const std::string& who) {
    return shop.database().number(
        fmt::format("SELECT visits FROM customers WHERE name = '{}'", who));
}

// Each of them holds a worker until the bank answers.
class CustomersAtTheBank {
 public:
    CustomersAtTheBank(PooledShop& shop, int count) {
        for (int i = 1; i <= count; ++i) {
            const std::string name = fmt::format("customer{}", i);
            customers_.push_back(shop.customer(name));
            banks_.push_back(shop.bank().hold(name, Step::charge));
            orders_.push_back(customers_.back().starts_to_order(shop::teapot, 1));
            NEED(banks_.back().is_asked(),
                 fmt::format("{} customers are at the bank, and the next one does not get there.",
                             i - 1));
        }
    }

    void are_served() {
        for (Held& bank : banks_) bank.accept();
        for (const Pending& order : orders_) CHECK(order.reply().status == 201);
    }

 private:
    std::vector<Customer> customers_;
    std::vector<Held> banks_;
    std::vector<Pending> orders_;
};

// The shop closes while customers or tasks are still held somewhere. It is given the time to do
// with its pool all that it does before all of them have ended.
void closes_around_them(PooledShop& shop, const std::function<bool()>& comes_so_far) {
    shop.starts_to_close();
    static_cast<void>(await(comes_so_far, shortly()));
    static_cast<void>(happens([&] { return shop.ledger().open_connections() == 0; }));
}

}  // namespace

// The shop.

TEST_CASE("Every order that went through has its receipt when the shop has closed",
          "[pitfall][stage 1]") {
    PooledShop shop;
    Held bank = shop.bank().hold("alice", Step::reference);
    for (const char* who : {"alice", "bob"}) {
        const Reply reply = order(shop, who);
        NEED(reply.status == 201, fmt::format("{} ordered, and was told {}.", who, reply.told()));
    }
    NEED(bank.is_asked(),
         "Alice ordered, and the bank is not asked for the number on her receipt.");
    closes_around_them(shop, [&] { return shop.handlers_have_ended(); });
    bank.accept();
    shop.close();
    EXPECT(receipts(shop) == 2,
           fmt::format("Two customers ordered and were told 201; then the shop closed. It waited "
                       "for the thread that writes receipts, and of two it wrote {}: when it asked "
                       "for a connection, the pool was closed.",
                       receipts(shop)));
}

TEST_CASE("An order that is at the bank when the shop closes goes through", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer alice = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::charge);
    const Pending pending = alice.starts_to_order(shop::teapot, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    closes_around_them(shop, [&] { return shop.awaits_handlers(); });
    bank.accept();
    const Reply reply = pending.reply();
    shop.close();
    EXPECT(reply.status == 201,
           fmt::format("Alice was at the bank when the shop began to close. Her card was charged, "
                       "{} of her orders went through, and she was told \"{}\".",
                       shop.orders_of("alice"), reply.told()));
    EXPECT(receipts(shop) == 1,
           fmt::format("Alice was at the bank when the shop began to close. Her order left a "
                       "receipt to be written. Receipts found: {}.",
                       receipts(shop)));
}

TEST_CASE("A review counts as a visit", "[pitfall][stage 1]") {
    PooledShop shop;
    const Reply reply = review(shop, "bob");
    NEED(reply.status == 201, "Bob wrote a review, and was told " + reply.told() + ".");
    // Tasks are done in the order in which they come: when it is Alice's turn Bob's is over.
    CHECK(order(shop, "alice").status == 201);
    static_cast<void>(await(
        [&] { return visits(shop, "bob") == 1 || shop.bank().asked("alice", Step::reference) > 0; },
        5 * a_moment));
    shop.close();
    EXPECT(
        visits(shop, "bob") == 1,
        fmt::format(
            "Bob wrote a review and was told 201. The shop has closed, and has counted {} visits "
            "of his: the task had no connection but his request's, and that had ended.",
            visits(shop, "bob")));
}

TEST_CASE("A review that is being written when the shop closes counts as a visit",
          "[pitfall][stage 1]") {
    PooledShop shop;
    Customer bob = shop.customer("bob");
    Halt writing;
    const FailpointVisitor visitor([&](const std::string& step) {
        if (step.starts_with("INSERT INTO reviews")) writing.pass();
    });
    const Pending pending = bob.starts_to_review(shop::teapot, "Pours well.");
    NEED(writing.is_reached(), "Bob wrote a review, and it does not get as far as the database.");
    closes_around_them(shop, [&] { return shop.awaits_handlers(); });
    writing.let_go();
    const Reply reply = pending.reply();
    shop.close();
    EXPECT((reply.status == 201 && shop.reviews() == 1),
           fmt::format("Bob's review was being written when the shop began to close. He was told "
                       "\"{}\", and reviews found: {}.",
                       reply.told(), shop.reviews()));
    EXPECT(visits(shop, "bob") == 1,
           fmt::format("Bob's review was being written when the shop began to close. It was taken, "
                       "and {} visits of his are counted.",
                       visits(shop, "bob")));
}

TEST_CASE("Every review that was taken counts as a visit when the shop has closed",
          "[pitfall][stage 1]") {
    PooledShop shop;
    Halt count;
    std::mutex mutex;
    std::set<std::thread::id> counting;  // the threads that have counted Carol's visit
    bool is_armed = false;
    bool has_come = false;
    const FailpointVisitor visitor([&](const std::string& step) {
        {
            const std::lock_guard lock(mutex);
            if (!is_armed && step.starts_with("UPDATE customers")) {
                counting.insert(std::this_thread::get_id());
            }
            if (!is_armed || has_come || !counting.contains(std::this_thread::get_id())) return;
            has_come = true;
        }
        count.pass();  // before it has a lock of SQLite's
    });
    CHECK(review(shop, "carol").status == 201);
    NEED(await([&] { return visits(shop, "carol") == 1; }, shortly()),
         "Carol wrote a review and was told 201. The shop is open, and her visit is not counted.");
    static_cast<void>(support::await_stillness([] { return true; }));
    {
        const std::lock_guard lock(mutex);
        is_armed = true;
    }
    CHECK(review(shop, "alice").status == 201);
    static_cast<void>(await([&] { return count.has_been_reached(); }, 5 * a_moment));
    CHECK(review(shop, "bob").status == 201);
    closes_around_them(shop, [&] { return shop.handlers_have_ended(); });
    count.let_go();
    shop.close();
    for (const char* who : {"alice", "bob"}) {
        EXPECT(
            visits(shop, who) == 1,
            fmt::format("Alice and Bob each wrote a review and were told 201. While Alice's visit "
                        "was being counted the shop closed, and {}'s is counted {} times.",
                        who, visits(shop, who)));
    }
}

TEST_CASE("A visit is counted, however full the shop has become", "[pitfall][stage 1]") {
    constexpr int workers = 8;
    PooledShop shop(workers);
    Held receipt = shop.bank().hold("alice", Step::reference);
    NEED(order(shop, "alice").status == 201, "Alice ordered, and was not served.");
    NEED(receipt.is_asked(),
         "Alice ordered, and the bank is not asked for the number on her receipt.");
    NEED(review(shop, "bob").status == 201, "Bob wrote a review, and it was not taken.");
    CustomersAtTheBank at_the_bank(shop, workers - 1);
    RawClient slow(shop.port());  // has the eighth worker
    slow.sends("GET /healthz HTTP/1.1\r\nHo");
    static_cast<void>(support::await_stillness([] { return true; }));
    receipt.accept();
    const bool is_counted = happens_at_once([&] { return visits(shop, "bob") == 1; });
    slow.hangs_up();
    at_the_bank.are_served();
    EXPECT(is_counted,
           "Bob wrote a review and was told 201. When it was the turn of the task that counts his "
           "visit all workers were taken, and it was not counted. A task needs no worker; it needs "
           "a connection of its own, and the pool has four that are free.");
}

TEST_CASE("Nobody waits for her receipt") {
    PooledShop shop;
    Customer alice = shop.customer("alice");
    Held bank = shop.bank().hold("alice", Step::reference);
    const Pending pending = alice.starts_to_order(shop::teapot, 1);
    NEED(bank.is_asked(),
         "Alice ordered, and the bank is not asked for the number on her receipt.");
    EXPECT(pending.is_answered_within(shortly()),
           "Alice has paid, the bank looks up a number for her receipt, and she waits for it.");
    EXPECT(review(shop, "bob").status == 201,
           "The bank looks up a number for Alice's receipt, and Bob's review is not taken.");
    bank.accept();
    CHECK(pending.reply().status == 201);
}

TEST_CASE("Nobody waits for his visit to be counted") {
    PooledShop shop;
    Customer bob = shop.customer("bob");
    Halt count;
    const FailpointVisitor visitor([&](const std::string& step) {
        if (step.starts_with("UPDATE customers")) count.pass();
    });
    const Pending pending = bob.starts_to_review(shop::teapot, "Pours well.");
    EXPECT(pending.is_answered_within(shortly()),
           "Bob has written a review, the shop counts it as a visit, and he waits for that.");
    count.let_go();
    CHECK(pending.reply().status == 201);
}

TEST_CASE("A customer who has her reply has given her connection back") {
    PooledShop shop;
    Customer observer = shop.customer("observer");
    Held bank = shop.bank().hold("alice", Step::reference);
    NEED(order(shop, "alice").status == 201, "Alice ordered, and was not served.");
    NEED(bank.is_asked(),
         "Alice ordered, and the bank is not asked for the number on her receipt.");
    for (int i = 1; i <= 6; ++i) {
        const Reply reply = review(shop, "bob");
        NEED(reply.status == 201,
             fmt::format("The one who does the tasks is busy. Bob's review number {} is told "
                         "\"{}\": the tasks that wait have all the connections.",
                         i, reply.told()));
    }
    // One task may be busy, on another thread than Alice's.
    EXPECT(await([&] { return support::metric(observer.gets("/metrics"), "pool_in_use") == 0; },
                 shortly()),
           "Seven customers have had their replies, their tasks wait, and connections are in use.");
    bank.accept();
    EXPECT(await([&] { return receipts(shop) == 1; }), "Alice's receipt is not written.");
}

TEST_CASE("A task that fails takes no other with it") {
    PooledShop shop;
    shop.bank().fail("alice", Step::reference, std::make_exception_ptr(7));
    shop.bank().fail("bob", Step::reference);
    for (const char* who : {"alice", "bob", "carol"}) {
        EXPECT(order(shop, who).status == 201,
               fmt::format("{} has paid. What became of a receipt is no reason to tell her else.",
                           who));
    }
    EXPECT(await([&] { return receipts(shop) == 1; }),
           "The bank has no number for two receipts. The third one could be written, and is not.");
    CHECK(review(shop, "bob").status == 201);
    shop.close();
}

TEST_CASE("Only an order that went through has a receipt") {
    PooledShop shop;
    shop.bank().decline("alice", Step::charge);
    shop.bank().fail("bob", Step::charge);
    CHECK(order(shop, "alice").status == 402);
    CHECK(order(shop, "bob").status == 504);
    CHECK(order(shop, "carol", shop::samovar).status == 409);
    CHECK(order(shop, "carol", 77).status == 404);
    {
        Customer carol = shop.customer("carol");
        CHECK(carol.reviews(77, "Never came.").status == 404);
    }
    CHECK(order(shop, "carol", shop::kettle).status == 201);
    static_cast<void>(await([&] { return receipts(shop) > 0; }));
    shop.close();
    EXPECT(receipts(shop) == 1, "One order went through, and receipts there are: " +
                                    std::to_string(receipts(shop)) + ".");
    CHECK(
        shop.database().number("SELECT count(*) FROM receipts JOIN orders ON orders.id = order_id "
                               "WHERE card = 'carol' AND reference = 'paid by carol'") == 1);
    EXPECT(visits(shop, "carol") == 0, "Carol's review was not taken, and counts as a visit.");
}

TEST_CASE("A shop that has closed leaves nothing open") {
    PooledShop shop;
    for (int i = 0; i < 8; ++i) {
        CHECK(order(shop, "alice").status == 201);
        CHECK(review(shop, "bob").status == 201);
    }
    shop.close();
    // Before any look into the database: the last to close takes the log with it.
    const bool is_log_there = std::filesystem::exists(shop.database().path() + "-wal");
    const int open = shop.ledger().open_connections();
    EXPECT(open == 0,
           fmt::format("The shop has closed, and of its connections {} are open.", open));
    EXPECT(!is_log_there,
           "The shop has closed, and shop.db-wal is still there: somebody has not closed the "
           "database.");
    EXPECT(shop.ledger().opened_connections() <= 4,
           fmt::format("Eight orders, eight receipts, eight reviews and eight visits are written. "
                       "The pool may have four connections, and {} have been opened: somebody does "
                       "without the pool.",
                       shop.ledger().opened_connections()));
}

TEST_CASE("A full shop says so and has a worker free") {
    constexpr int workers = 8;
    {
        PooledShop shop(workers);
        Customer first = shop.customer("first");
        const Reply page = first.gets("/items/1");
        CHECK(page.status == 200);
        EXPECT(page.headers.count("Connection") == 0,
               "Nobody else is in the shop, and the first customer may not keep her connection.");
    }
    PooledShop shop(workers);
    CustomersAtTheBank at_the_bank(shop, workers - 1);
    const std::string story =
        "The shop has eight workers, and seven wait for the bank. The eighth has to be free";
    EXPECT(order(shop, "late").status == 503, story + ", and it took one more order.");
    EXPECT(review(shop, "late").status == 503, story + ", and it took a review.");
    Customer orchestrator = shop.customer("orchestrator");
    const Reply health = orchestrator.gets("/healthz");
    EXPECT((health.status == 200 && !health.body.empty()),
           story + ", and the shop does not say that it is alive.");
    const auto connection = health.headers.find("Connection");
    EXPECT((connection != health.headers.end() && connection->second == "close"),
           story + ", and it is kept by a customer who has her reply.");
    at_the_bank.are_served();
}

// The pool.

TEST_CASE("A customer who waits when the pool closes is told so at once", "[pitfall][stage 2]") {
    Counter counter(1);
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    for (const char* name : {"Alice", "Bob", "Carol"}) {
        counter.queues(name, static_cast<int>(counter.shoppers.size()) + 1);
    }
    counter.pool.close();
    const bool are_over = happens_at_once([&] { return counter.are_all_over(); });
    const std::string told = counter.what_they_were_told();
    lease.reset();
    const bool are_gone = counter.all_are_over(support::patience());
    NEED(are_over, "Three customers waited for a connection when the pool closed. " + told + ".");
    CHECK(are_gone);
    for (const Shopper& shopper : counter.shoppers) {
        EXPECT(shopper.told == "that the pool is closed",
               "The pool closed while somebody waited for a connection. " + told + ".");
    }
    counter.expect_nothing_left("Three customers waited when the pool closed.");
}

TEST_CASE("A connection that comes back after the close goes to nobody", "[pitfall][stage 2]") {
    Counter counter(1);
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    const Shopper& alice = counter.queues("Alice", 1);
    counter.pool.close();
    lease.reset();
    NEED(counter.all_are_over(support::patience()),
         "The pool closed, a connection came back, and Alice, who had waited for one, waits on.");
    EXPECT(
        alice.told == "that the pool is closed",
        "Alice waited for a connection. The pool closed, then a connection came back, and she was "
        "told: " +
            alice.told + ".");
    counter.expect_nothing_left("A connection came back after the close.");
}

TEST_CASE("A connection that comes back after the close is closed", "[pitfall][stage 2]") {
    Counter counter(4);
    std::vector<FakePool::Lease> leases;
    for (int i = 0; i < 3; ++i) leases.push_back(counter.pool.acquire("a customer"));
    leases.pop_back();
    counter.pool.close();
    EXPECT(counter.database.open() == 2,
           fmt::format(
               "One connection was idle and two were lent when the pool closed. Now connections "
               "are open: {}. The idle one is to be closed, the others are being used.",
               counter.database.open()));
    for (const FakePool::Lease& lease : leases) CHECK(lease->is_open());
    leases.pop_back();
    EXPECT(
        counter.database.open() == 1,
        "A connection came back after the close, and it is kept for a customer who cannot come.");
    leases.front()->is_broken = true;
    leases.clear();
    counter.expect_nothing_left(
        "Two connections came back after the close, one of which could not be cleaned.");
}

TEST_CASE("A connection that comes back while the pool closes is not kept", "[pitfall][stage 2]") {
    Counter counter(2);
    const auto closing = std::make_shared<Halt>();
    std::optional<FakePool::Lease> lease(counter.pool.acquire("Alice"));
    counter.pool.acquire("a customer")->on_close = closing;
    bool is_closing = false;
    bool is_back = false;
    {
        const Meanwhile closer([&] { counter.pool.close(); });
        is_closing = closing->is_reached();
        const Meanwhile returning([&] { lease.reset(); });
        is_back = await([&] { return returning.is_over(); }, shortly());
        closing->let_go();
    }
    CHECK(is_closing);
    EXPECT(is_back,
           "The pool is being closed, and Alice cannot give her connection back meanwhile.");
    counter.expect_nothing_left(
        "While the pool was closing an idle connection, Alice gave hers back.");
}

TEST_CASE("The last connection that comes back takes the log away, too", "[pitfall][stage 2]") {
    const support::DatabaseFile database;
    support::Ledger& ledger = support::Ledger::instance();
    ledger.start();
    const shop::ConnectionManager manager(shop::Engine(database.path()));
    std::map<int, shop::Connection> connections;
    const FakeManager fake;
    fake.database->on_connect = [&](int number) { connections.emplace(number, manager.connect()); };
    fake.database->on_reset = [&](int number) { manager.reset(connections.at(number)); };
    fake.database->is_good = [&](int number) { return manager.is_valid(connections.at(number)); };
    fake.database->on_close = [&](int number) { connections.erase(number); };
    FakePool pool(fake);
    {
        const auto lease = pool.acquire("Alice");
        SQLite::Database& connection = connections.at(lease->number);
        connection.exec("INSERT INTO reviews (item_id, text) VALUES (1, 'Pours well.')");
        pool.close();
        connection.exec("INSERT INTO reviews (item_id, text) VALUES (1, 'Pours on.')");
    }
    // SQLite takes the log away with the last connection that is closed;
    // the test's own would do, too.
    const bool is_log_there = std::filesystem::exists(database.path() + "-wal");
    EXPECT(ledger.open_connections() == 0,
           "The pool was closed, then Alice gave the last connection back, and it is still open.");
    EXPECT(
        !is_log_there,
        "The pool was closed, then Alice gave the last connection back, and shop.db-wal is still "
        "there: a copy of shop.db made now does not have her review.");
    EXPECT(database.number("SELECT count(*) FROM reviews") == 2, "Alice's review is lost.");
}

TEST_CASE("Whenever the pool closes a connection that comes back is not kept",
          "[pitfall][stage 2]") {
    for (int lock = 0;; ++lock) {
        Counter counter(2);
        std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
        const bool came_between = do_while_closing(
            lock, [&] { counter.pool.close(); }, [&] { lease.reset(); });
        counter.expect_nothing_left(fmt::format("The pool closed {} a connection came back.",
                                                lock == 0 ? "before" : "while"));
        if (!came_between) break;
    }
}

TEST_CASE("Customers are served or told so, no matter when the pool closes", "[pitfall][stage 2]") {
    for (const bool is_idle : {false, true}) {
        for (int lock = 0;; ++lock) {
            Counter counter(2);
            if (is_idle) CHECK(ask(counter.pool, "the first") == "served");
            std::string told;
            const bool came_between = do_while_closing(
                lock, [&] { counter.pool.close(); }, [&] { told = ask(counter.pool, "Alice"); });
            EXPECT((told == "that the pool is closed" || (told == "served" && lock > 0)),
                   "Alice came for a connection when the pool closed, and was told: " + told + ".");
            counter.expect_nothing_left("The pool closed when somebody came for a connection.");
            if (!came_between) break;
        }
    }
    // Also one who finds none free.
    for (int lock = 1;; ++lock) {
        Counter counter(1);
        std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
        std::string told = "nothing";
        std::atomic<bool> came_between{false};
        bool is_told = false;
        {
            std::optional<Meanwhile> closing;
            const Meanwhile asking([&] {
                const LockVisit visit(lock, [&] {
                    closing.emplace([&] { counter.pool.close(); });
                    static_cast<void>(await([&] { return closing->is_over(); }, a_moment));
                    came_between = true;
                });
                told = ask(counter.pool, "Alice");
            });
            static_cast<void>(await([&] {
                return came_between || asking.is_over() || counter.pool.stats().waiting == 1;
            }));
            if (!came_between) counter.pool.close();
            is_told = happens_at_once([&] { return asking.is_over(); });
            lease.reset();
        }
        EXPECT(
            (is_told && told == "that the pool is closed"),
            fmt::format("Alice came for a connection when the pool closed. None was free, and she "
                        "was told{}: {}.",
                        is_told ? "" : ", when one came back", told));
        counter.expect_nothing_left("The pool closed when somebody came for a connection.");
        if (!came_between) break;
    }
}

TEST_CASE("After the close, the place of a failed connect goes to nobody", "[pitfall][stage 2]") {
    Halt connecting;
    Halt sleep;
    Counter counter(1);
    counter.database.on_connect = [&](int) {
        connecting.pass();
        throw support::CannotConnect();
    };
    Shopper& bob = counter.shoppers.emplace_back(counter.pool, "Bob");
    NEED(connecting.is_reached(), "Bob came first, and does not connect.");
    const Shopper& alice = counter.queues("Alice", 1, &sleep);
    counter.pool.close();
    static_cast<void>(
        happens_at_once([&] { return sleep.has_been_reached() || alice.asking.is_over(); }));
    connecting.let_go();
    CHECK(bob.asking.ends());
    sleep.let_go();
    NEED(counter.all_are_over(support::patience()),
         "Alice waited when the pool closed, and waits on.");
    EXPECT(alice.told == "that the pool is closed",
           "Bob was connecting and Alice waited when the pool closed. Bob could not connect, and "
           "Alice was told: " +
               alice.told + ".");
    counter.expect_nothing_left("The pool closed, and then somebody could not connect.");
}

TEST_CASE("While a connection that came back late is being closed nobody else waits") {
    Counter counter(1);
    const auto closing = std::make_shared<Halt>();
    std::optional<FakePool::Lease> lease(counter.pool.acquire("Alice"));
    (*lease)->on_close = closing;
    counter.pool.close();
    bool is_told = false;
    {
        const Meanwhile returning([&] { lease.reset(); });
        static_cast<void>(
            await([&] { return closing->has_been_reached() || returning.is_over(); }));
        const Shopper bob(counter.pool, "Bob");
        is_told = await([&] { return bob.asking.is_over(); }, shortly());
        closing->let_go();
    }
    EXPECT(
        is_told,
        "A connection came back after the close, and is being closed, which takes long. Bob, who "
        "comes meanwhile, is told nothing.");
}

TEST_CASE("A connection that is being opened when the pool closes is not kept",
          "[pitfall][stage 2]") {
    Halt connecting;
    Counter counter(2);
    counter.database.on_connect = [&](int) { connecting.pass(); };
    Shopper& alice = counter.shoppers.emplace_back(counter.pool, "Alice");
    NEED(connecting.is_reached(), "Alice came first, and does not connect.");
    bool has_closed = false;
    {
        const Meanwhile closing([&] { counter.pool.close(); });
        has_closed = await([&] { return closing.is_over(); }, shortly());
        connecting.let_go();
    }
    NEED(alice.asking.ends(), "Alice was connecting when the pool closed, and she is stuck.");
    EXPECT(has_closed,
           "Alice is connecting, which may take as long as it takes, and the closing thread waits "
           "for her.");
    EXPECT((alice.told == "served" || alice.told == "that the pool is closed"),
           "Alice was connecting when the pool closed, and was told: " + alice.told + ".");
    counter.expect_nothing_left("A connection was being opened when the pool closed.");
}

TEST_CASE("A connection that was handed over when the pool closes is not lost",
          "[pitfall][stage 2]") {
    Counter counter(1);
    Halt sleep;
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    Shopper& alice = counter.queues("Alice", 1, &sleep);
    lease.reset();
    const bool is_woken = await([&] { return sleep.has_been_reached() || alice.asking.is_over(); });
    bool has_closed = false;
    {
        const Meanwhile closing([&] { counter.pool.close(); });
        has_closed = await([&] { return closing.is_over(); }, shortly());
        sleep.let_go();
    }
    NEED(is_woken, "A connection came back, and Alice, who waited for it, was not told.");
    EXPECT(has_closed,
           "A connection was handed to Alice, who has not opened her eyes yet, and who closes the "
           "pool waits for her.");
    NEED(alice.asking.ends(),
         "A connection was handed to Alice, the pool closed, and she is stuck.");
    EXPECT(
        (alice.told == "served" || alice.told == "that the pool is closed"),
        "A connection was handed to Alice, the pool closed, and she was told: " + alice.told + ".");
    counter.expect_nothing_left(
        "A connection was handed to Alice, and before she had opened her eyes the pool closed.");
}

TEST_CASE("When two threads close the pool at once, both wait until it is closed",
          "[pitfall][stage 2]") {
    Counter counter(2);
    const auto closing = std::make_shared<Halt>();
    counter.pool.acquire("a customer")->on_close = closing;
    bool is_early = false;
    {
        const Meanwhile first([&] { counter.pool.close(); });
        const bool is_closing = closing->is_reached();
        {
            const Meanwhile second([&] { counter.pool.close(); });
            is_early = happens([&] { return second.is_over(); });
            closing->let_go();
        }
        CHECK(is_closing);
    }
    EXPECT(!is_early,
           "Two closed the pool at the same time. The second was told that it is closed, while the "
           "first was still closing its connection. To move the file now is to move it under "
           "somebody's feet.");
    counter.expect_nothing_left("Two closed the pool at the same time.");
}

TEST_CASE("A customer who comes to a closed pool is told so at once") {
    for (const auto& [is_lent, max_waiting] : {std::pair(false, 3), {true, 3}, {true, 0}}) {
        Counter counter(PoolOptions{.max_connections = 1, .max_waiting = max_waiting});
        std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
        if (!is_lent) lease.reset();
        counter.pool.close();
        for (int i = 0; i < 3; ++i) counter.shoppers.emplace_back(counter.pool, "Alice");
        const bool are_over = happens_at_once([&] { return counter.are_all_over(); });
        const std::string told = counter.what_they_were_told();
        lease.reset();
        CHECK(counter.all_are_over(support::patience()));
        for (const Shopper& shopper : counter.shoppers) {
            EXPECT((are_over && shopper.told == "that the pool is closed"),
                   "Three customers came to a closed pool. " + told + ".");
        }
        CHECK(counter.database.opened() == 1);
    }
}

TEST_CASE("A customer who comes to a closed pool is told 503") {
    Counter counter(1);
    counter.pool.close();
    const auto comes = [&counter] {
        try {
            counter.pool.acquire("Alice");
        } catch (const std::exception& told) {
            std::rethrow_if_nested(told);  // as the learner's pool threw it
            throw;
        }
    };
    CHECK_THROWS_AS(comes(), shop::Unavailable);
}

TEST_CASE("A pool that is closed twice is closed") {
    Counter counter(2);
    CHECK(ask(counter.pool, "Alice") == "served");
    counter.pool.close();
    counter.pool.close();
    EXPECT(ask(counter.pool, "Bob") == "that the pool is closed",
           "The pool was closed twice, and is open again.");
    counter.expect_nothing_left("The pool was closed twice.");
}

TEST_CASE("Closing the pool waits for no lease") {
    Counter counter(1);
    std::optional<FakePool::Lease> lease(counter.pool.acquire("Alice"));
    bool has_closed = false;
    {
        const Meanwhile closing([&] { counter.pool.close(); });
        has_closed = await([&] { return closing.is_over(); }, shortly());
        CHECK((*lease)->is_open());
        lease.reset();
    }
    EXPECT(
        has_closed,
        "Alice has a connection, and the closing thread waits for her. If that thread has it, it waits for itself.");
}

TEST_CASE("While a connection is being closed nobody else waits for that") {
    Counter counter(2);
    const auto closing = std::make_shared<Halt>();
    std::optional<FakePool::Lease> lease(counter.pool.acquire("Alice"));
    counter.pool.acquire("a customer")->on_close = closing;
    const Meanwhile closer([&] { counter.pool.close(); });
    const bool is_closing = closing->is_reached();
    bool is_told = false;
    bool is_back = false;
    {
        const Shopper bob(counter.pool, "Bob");
        const Meanwhile returning([&] { lease.reset(); });
        is_told = await([&] { return bob.asking.is_over(); }, shortly());
        is_back = await([&] { return returning.is_over(); }, shortly());
        closing->let_go();
    }
    CHECK(is_closing);
    EXPECT(is_told,
           "The pool is being closed: SQLite writes its log into the file, which takes long. Bob, "
           "who comes meanwhile, is told nothing.");
    EXPECT(is_back,
           "The pool is being closed, and Alice cannot give her connection back meanwhile.");
}

// What the pool could do before there was a close.

TEST_CASE("Those who wait are served in the order in which they came") {
    Counter counter(1);
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    for (const char* name : {"Alice", "Bob", "Carol"}) {
        counter.queues(name, static_cast<int>(counter.shoppers.size()) + 1);
    }
    lease.reset();
    NEED(counter.all_are_over(support::patience()),
         "Three customers waited for a connection, and one came back. " +
             counter.what_they_were_told() + ".");
    EXPECT(std::is_sorted(counter.shoppers.begin(), counter.shoppers.end(),
                          [](const Shopper& a, const Shopper& b) { return a.turn < b.turn; }),
           "Three customers waited for a connection, and a later one was served before an earlier "
           "one.");
    EXPECT(counter.database.opened() == 1, "A connection that is good was replaced.");

    // Nor is one overtaken who has been told and has not opened her eyes yet.
    Halt sleep;
    lease.emplace(counter.pool.acquire("the first"));
    const Shopper& dave = counter.queues("Dave", 1, &sleep);
    lease.reset();
    NEED(await([&] { return sleep.has_been_reached() || dave.asking.is_over(); }),
         "A connection came back, and Dave, who waited for it, was not told.");
    std::string told = "served";
    try {
        counter.pool.acquire("Erin", 0s);
    } catch (const PoolExhausted&) {
        told = "that the pool is exhausted";
    }
    sleep.let_go();
    CHECK(counter.all_are_over(support::patience()));
    EXPECT((told == "that the pool is exhausted" && dave.told == "served"),
           "Dave waited for a connection, and one came back. Erin came before he had opened his "
           "eyes, and was told: " +
               told + ".");
}

TEST_CASE("A connection that cannot be cleaned is closed before its place is passed on") {
    Counter counter(1);
    const auto closing = std::make_shared<Halt>();
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    (*lease)->is_broken = true;
    (*lease)->on_close = closing;
    const Shopper& alice = counter.queues("Alice", 1);
    bool is_closed = false;
    bool is_early = false;
    {
        const Meanwhile returning([&] { lease.reset(); });
        is_closed = await([&] { return closing->has_been_reached() || alice.asking.is_over(); }) &&
                    closing->has_been_reached();
        is_early = is_closed && happens([&] { return counter.database.opened() > 1; });
        closing->let_go();
    }
    NEED(counter.all_are_over(support::patience()),
         "A connection came back that cannot be cleaned, and Alice waits on.");
    EXPECT((is_closed && alice.connection == 2),
           fmt::format(
               "A connection came back that cannot be cleaned. Alice, who waited, got connection "
               "{}.",
               alice.connection.load()));
    EXPECT(counter.pool.stats().dirty_returns.count("the first") == 1,
           "A connection came back that cannot be cleaned, and the pool has not counted whose it "
           "was.");
    EXPECT(!is_early,
           "A connection was still being closed, and another was opened in its place: the database "
           "has one more than there may be.");
}

TEST_CASE("A connection that is too old or leads nowhere is not lent") {
    // Ten milliseconds, of which a tenth is one.
    Counter counter(PoolOptions{.max_connections = 1, .valid_for = 3ms, .max_age = 10ms});
    const auto number = [&] { return counter.pool.acquire("a customer", 0s)->number; };
    CHECK(number() == 1);
    counter.clock.advance(6ms);
    EXPECT((number() == 1 && counter.database.checks() == 1),
           "A connection was idle for long, and was lent unchecked, or replaced.");
    counter.clock.advance(2ms);
    EXPECT((number() == 1 && counter.database.checks() == 1),
           "A connection was used a moment ago, and was checked, or replaced.");
    counter.clock.advance(2ms);
    EXPECT(number() == 2,
           "A connection may grow ten milliseconds old. It was, it would still do, and was lent.");
    {
        const FakePool::Lease lease = counter.pool.acquire("a customer", 0s);
        counter.clock.advance(10ms);
    }
    EXPECT(counter.database.open() == 0, "A connection came back too old, and was kept.");
    counter.pool.acquire("a customer", 0s)->is_stale = true;
    counter.clock.advance(3ms);
    EXPECT(number() == 4, "A connection was idle for long, it leads nowhere, and it was lent.");
    counter.pool.acquire("a customer", 0s)->check_throws = true;
    counter.clock.advance(3ms);
    EXPECT(number() == 5, "The check of a connection throws, and it was lent.");
    EXPECT(counter.database.most() == 1,
           "The pool may have one connection. One was replaced, and for a moment there were two.");
    const PoolStats now = counter.pool.stats();
    EXPECT(
        (now.opened == 5 && now.discarded == 4 && now.failed == 0),
        fmt::format("Four connections were replaced. By the pool's account {} were opened and {} "
                    "discarded.",
                    now.opened, now.discarded));
}

TEST_CASE("Connections opened at once do not all grow old at once") {
    constexpr int connections = 24;
    Counter counter(
        PoolOptions{.max_connections = connections, .valid_for = 24h, .max_age = 1000min});
    const auto replaced = [&] {
        std::vector<FakePool::Lease> leases;
        for (int i = 0; i < connections; ++i)
            leases.push_back(counter.pool.acquire("a customer", 0s));
        return counter.database.opened() - connections;
    };
    CHECK(replaced() == 0);
    counter.clock.advance(899min);
    EXPECT(
        replaced() == 0,
        "Connections may grow a thousand minutes old, or up to a tenth less. After 899 some were "
        "replaced.");
    counter.clock.advance(51min);
    const int by_then = replaced();
    EXPECT(
        (by_then > 0 && by_then < connections),
        fmt::format("Twenty-four connections opened at once may grow a thousand minutes old, or up "
                    "to a tenth less: not all in one moment. After 950 minutes {} were replaced.",
                    by_then));
    counter.clock.advance(50min);
    EXPECT(replaced() == connections,
           "Connections may grow a thousand minutes old. They are, and some are still lent.");
}

TEST_CASE("A connect that fails passes its place on") {
    Counter counter(1);
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    (*lease)->is_broken = true;
    for (const char* name : {"Alice", "Bob", "Carol"}) {
        counter.queues(name, static_cast<int>(counter.shoppers.size()) + 1);
    }
    counter.database.is_away = true;
    lease.reset();
    NEED(counter.all_are_over(shortly()),
         "Three customers waited, nobody can connect, and each is to be told so. " +
             counter.what_they_were_told() + ".");
    for (const Shopper& shopper : counter.shoppers) {
        EXPECT(shopper.told == "unable to open database file",
               "The database is away. " + counter.what_they_were_told() + ".");
    }
    counter.database.is_away = false;
    EXPECT((counter.pool.stats().failed == 3 && counter.pool.stats().opened == 1),
           "Three times nobody could connect, and the pool's account says something else.");
    EXPECT(ask(counter.pool, "Dave") == "served",
           "The database is back, nobody has a connection, and Dave is not served.");
    counter.pool.close();
    counter.expect_nothing_left("The database was away for a while.");
}

TEST_CASE("A customer who waits too long, or is one too many, is told so") {
    Counter counter(PoolOptions{.max_connections = 1, .max_waiting = 1});
    std::optional<FakePool::Lease> lease(counter.pool.acquire("the first"));
    CHECK_THROWS_AS(counter.pool.acquire("Dave", 0s), PoolExhausted);
    NEED(counter.pool.stats().waiting == 0,
         "Dave was told that there is no connection, and is still in the queue.");
    counter.queues("Alice", 1);
    EXPECT(ask(counter.pool, "Bob") == "that the pool is exhausted",
           "One customer may wait, and a second was let wait.");
    counter.clock.advance(3s);
    const PoolStats busy = counter.pool.stats();
    NEED(busy.leases.size() == 1, "One connection is lent, and the pool does not say to whom.");
    EXPECT((busy.leases.front().holder == "the first" && busy.leases.front().held == 3s),
           "One has had a connection for three seconds, and the pool says something else.");
    lease.reset();
    NEED(counter.all_are_over(support::patience()), "A connection came back, and Alice waits on.");
    const PoolStats now = counter.pool.stats();
    EXPECT((now.timeouts == 1 && now.rejected == 1 && now.acquired == 2 && now.opened == 1 &&
            now.failed == 0 && now.discarded == 0 && now.dirty_returns.empty()),
           "Dave had no time, Bob was one too many, two others were served. By the pool's account "
           "it was otherwise.");
    EXPECT(
        (now.held == 3s && now.waited == 3s),
        fmt::format("A connection was lent for three seconds, and another customer waited for it. "
                    "By the pool's account it was {} and {} ms.",
                    now.held / 1ms, now.waited / 1ms));
}

TEST_CASE("A pool that could lend nothing, or keep less than nothing, is not made") {
    const auto is_made = [](const PoolOptions& options) {
        try {
            const Counter counter(options);
            return true;
        } catch (const std::invalid_argument&) {
            return false;
        }
    };
    EXPECT(!is_made({.max_connections = 0}),
           "A pool of no connections is made. Nobody will ever get one.");
    EXPECT(
        !is_made({.min_idle = -1}),
        "A pool that is to keep less than no connection is made (min_idle). When none is idle it "
        "has one too many, and looks for the one to close.");
    EXPECT(is_made({.min_idle = 0}), "A pool that is to keep no idle connection is not made.");
}

TEST_CASE("The pool says who has what, the longest first") {
    Counter counter(3);
    const std::vector<std::string> names = {"Alice", "Bob", "Carol"};
    std::vector<FakePool::Lease> leases;
    for (const std::string& name : names) {
        leases.push_back(counter.pool.acquire(name));
        counter.clock.advance(1s);
    }
    const PoolStats now = counter.pool.stats();
    NEED(now.leases.size() == 3, "Three connections are lent, and the pool names other leases.");
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT((now.leases[i].holder == names[i] && now.leases[i].held == (3 - i) * 1s),
               fmt::format("Alice, Bob and Carol came one after the other. The pool says that {} "
                           "has had a connection for {} ms.",
                           now.leases[i].holder, now.leases[i].held / 1ms));
    }
    leases.pop_back();
    const PoolStats then = counter.pool.stats();
    EXPECT((then.max == 3 && then.in_use == 2 && then.idle == 1),
           fmt::format("Of three connections two are lent and one is idle. The pool says: in use "
                       "{}, idle {}, of {}.",
                       then.in_use, then.idle, then.max));
}

// For ThreadSanitizer: nothing is touched without the lock.
TEST_CASE("Many come and go until the pool closes") {
    Counter counter(PoolOptions{.max_connections = 2, .valid_for = 0s});
    counter.database.on_connect = [](int) { std::this_thread::yield(); };  // to the other one
    std::atomic<int> strange{0};
    std::atomic<bool> is_over{false};
    {
        const auto comes_again_and_again = [&] {
            for (int time = 1;; ++time) {
                counter.database.is_away = time % 5 == 0;
                try {
                    const auto lease = counter.pool.acquire("a customer", 2 * support::patience());
                    lease->is_stale = time % 3 == 0;
                } catch (const PoolClosed&) {
                    return;
                } catch (const PoolExhausted&) {
                    ++strange;
                } catch (const std::runtime_error&) {  // nobody can connect
                }
            }
        };
        std::list<Meanwhile> customers;
        for (int i = 0; i < 4; ++i) customers.emplace_back(comes_again_and_again);
        const Meanwhile observer([&] {
            while (!is_over) {
                const PoolStats now = counter.pool.stats();
                if (now.in_use < 0 || now.in_use + now.idle > 2 || now.waiting > 4) ++strange;
            }
        });
        static_cast<void>(await([&] { return counter.pool.stats().acquired > 100; }));
        counter.pool.close();
        customers.clear();
        is_over = true;
    }
    EXPECT(strange == 0,
           "Customers come and go until the pool closes, and somebody was told what cannot be.");
    EXPECT(counter.pool.stats().in_use == 0, "All have left, and a connection is in use.");
}

TEST_CASE("A pool that is open keeps its connections") {
    Counter counter(2);
    for (int i = 0; i < 3; ++i) CHECK(ask(counter.pool, "Alice") == "served");
    EXPECT(counter.database.opened() == 1,
           "Nobody has closed the pool, and it keeps no connection.");
}

// The tasks.

TEST_CASE("Work that comes too late is refused", "[pitfall][stage 3]") {
    TasksUnderTest tasks;
    tasks.close();
    std::atomic<bool> is_done{false};
    bool is_refused = false;
    try {
        tasks.submit([&] { is_done = true; });
    } catch (const TasksClosed&) {
        is_refused = true;
    }
    EXPECT(is_refused,
           "Somebody left a task after the close. It was taken, and nobody will ever do it.");
    EXPECT(!is_done, "The tasks are closed, and one was done.");
}

TEST_CASE("Whenever the tasks are closed a task is done or refused", "[pitfall][stage 3]") {
    for (int lock = 0;; ++lock) {
        std::atomic<int> done{0};
        bool is_refused = false;
        bool came_between = false;
        {
            TasksUnderTest tasks;
            came_between = do_while_closing(
                lock, [&] { tasks.close(); },
                [&] {
                    try {
                        tasks.submit([&] { ++done; });
                    } catch (const TasksClosed&) {
                        is_refused = true;
                    }
                });
        }
        EXPECT(done + (is_refused ? 1 : 0) == 1,
               fmt::format("The tasks were closed {} somebody left one. It was {}, and done {} "
                           "times: an order has gone through whose receipt nobody writes.",
                           lock == 0 ? "before" : "while", is_refused ? "refused" : "taken",
                           done.load()));
        if (!came_between) break;
    }
}

TEST_CASE("A task that was taken is done before the close returns") {
    for (const bool by_destructor : {false, true}) {
        Gate gate;
        std::atomic<int> done{0};
        std::optional<TasksUnderTest> tasks(std::in_place);
        int refused = 0;
        bool are_left = false;
        {
            const Meanwhile leaving([&] {
                for (int i = 0; i < 40; ++i) {
                    try {
                        tasks->submit([&] {
                            static_cast<void>(gate.wait());
                            ++done;
                        });
                    } catch (const TasksClosed&) {
                        ++refused;
                    }
                }
            });
            are_left = happens_at_once([&] { return leaving.is_over(); });
            if (!are_left) gate.open();  // so that the test comes to its end
        }
        if (refused > 0) gate.open();
        NEED(are_left,
             "The first task is still being done. Somebody leaves forty, and is stuck: a handler "
             "would be, and with it a customer and a worker.");
        NEED(refused == 0,
             fmt::format("Nobody has closed the tasks. Forty were left while the first was still "
                         "being done, and {} were refused: orders that have been paid.",
                         refused));
        {
            Nap nap;  // of the closing thread: if it waits for a limited time, that is over at once
            const Meanwhile closing([&] {
                Nap::this_thread_takes(&nap);
                by_destructor ? tasks.reset() : tasks->close();
            });
            EXPECT(!happens([&] { return closing.is_over(); }),
                   "Forty tasks wait, and the closing thread does not wait for them.");
            gate.open();
        }
        EXPECT(done == 40,
               fmt::format("Forty tasks were taken, then they were closed. Done are {}.",
                           done.load()));
    }
}

TEST_CASE("Tasks are done in the order in which they came") {
    constexpr int all = 20;
    Gate gate;
    std::mutex mutex;
    int begun = 0;
    int most_overtaken = 0;
    TasksUnderTest tasks;
    for (int i = 0; i < all; ++i) {
        tasks.submit([&, i] {
            {
                const std::lock_guard lock(mutex);
                most_overtaken = std::max(most_overtaken, i - begun);
                ++begun;
            }
            if (i == 0) static_cast<void>(gate.wait());
        });
    }
    gate.open();
    tasks.close();
    CHECK(begun == all);
    // Two or three threads would each be somewhere between taking a task and beginning it.
    EXPECT(most_overtaken < 3,
           fmt::format("Twenty tasks were left one after the other, and one was begun before {} "
                       "that had come earlier: while new orders come, the first customer never "
                       "gets her receipt.",
                       most_overtaken));
}

TEST_CASE("However long nothing came, the next task is done") {
    std::atomic<int> done{0};
    Nap nap;
    {
        TasksUnderTest tasks;
        tasks.submit([&] {
            Nap::this_thread_takes(&nap);
            ++done;
        });
        // A wait by other means than a condition variable is not seen.
        static_cast<void>(await([&] { return nap.has_begun(); }, a_moment));
        tasks.submit([&] { ++done; });
        tasks.close();
    }
    EXPECT(done == 2,
           fmt::format("A task was done, nothing came for a long time, then another was taken. The "
                       "tasks are closed, and {} of the two are done: the one who does them had "
                       "left.",
                       done.load()));
}

TEST_CASE("A close is noticed by one who is just falling asleep") {
    Gate is_about_to_lock;
    std::thread closing;
    std::atomic<bool> is_closed{false};
    TasksUnderTest* to_close = nullptr;
    Nap nap([&] {
        closing = std::thread([&] {
            const LockVisit visit(1, [&] { is_about_to_lock.open(); });
            to_close->close();
            is_closed = true;
        });
        // What is closed without the lock is closed when the first lock is taken.
        static_cast<void>(await([&] { return is_about_to_lock.is_open() || is_closed; }));
    });
    TasksUnderTest tasks;
    to_close = &tasks;
    tasks.submit([&] { Nap::this_thread_takes(&nap); });
    // A wait by other means than a condition variable is not seen.
    const bool is_seen = await([&] { return nap.has_begun(); }, a_moment);
    const bool has_closed = !is_seen || await([&] { return bool(is_closed); });
    while (is_seen && !is_closed) nap.end();  // so that the test comes to its end
    tasks.close();
    if (closing.joinable()) closing.join();
    EXPECT(has_closed,
           "The one who does the tasks looked, found nothing to do and nothing closed, and fell "
           "asleep. Before he did the tasks were closed, and he was woken when he was not asleep "
           "yet. It sleeps on, and the closing thread waits for it.");
}

TEST_CASE("A task's belongings are gone when the close returns") {
    const auto thing = std::make_shared<int>(7);
    TasksUnderTest tasks;
    for (int i = 0; i < 10; ++i) tasks.submit([thing] {});
    tasks.close();
    EXPECT(thing.use_count() == 1,
           "The tasks are closed, and something that belonged to one is still there: a pool, say.");
}

TEST_CASE("When two threads close the tasks at once, both wait until they are done") {
    Gate gate;
    std::atomic<bool> is_done{false};
    TasksUnderTest tasks;
    tasks.submit([&] {
        static_cast<void>(gate.wait());
        is_done = true;
    });
    {
        const Meanwhile first([&] { tasks.close(); });
        const Meanwhile second([&] { tasks.close(); });
        EXPECT(!happens([&] { return first.is_over() || second.is_over(); }),
               "Two closed the tasks at the same time, and one did not wait for what was taken.");
        gate.open();
    }
    CHECK(is_done);
    tasks.close();
}

TEST_CASE("Work that comes while the tasks are being closed is done or refused at once") {
    Gate gate;
    std::atomic<int> done{0};
    std::atomic<int> refused{0};
    TasksUnderTest tasks;
    const auto submit = [&] {
        try {
            tasks.submit([&] { ++done; });
        } catch (const TasksClosed&) {
            ++refused;
        }
    };
    Gate is_under_way;
    tasks.submit([&] {
        is_under_way.open();
        static_cast<void>(gate.wait());
        submit();  // a task that leaves a task
    });
    CHECK(is_under_way.wait());
    bool is_told = false;
    {
        const Meanwhile closing([&] { tasks.close(); });
        const Meanwhile leaving(submit);
        is_told = await([&] { return leaving.is_over(); }, shortly());
        gate.open();
    }
    EXPECT(is_told, "While the tasks are being closed somebody comes with one, and is stuck.");
    EXPECT(done + refused == 2,
           fmt::format("Two tasks came while the tasks were being closed: one from outside and one "
                       "from a task. Refused were {}, done {}.",
                       refused.load(), done.load()));
}

TEST_CASE("The operator can read what a task throws") {
    const std::string said = on_standard_error([] {
        TasksUnderTest tasks;
        tasks.submit([] { throw std::runtime_error("no paper in the printer"); });
        tasks.close();
    });
    EXPECT(said.find("no paper in the printer") != std::string::npos,
           "A task threw, and what it threw is nowhere on the standard error output.");
    const std::string said_of_a_number = on_standard_error([] {
        TasksUnderTest tasks;
        tasks.submit([] { throw 7; });
        tasks.close();
    });
    EXPECT(!said_of_a_number.empty(),
           "A task threw a number, and nothing is on the standard error output.");
}

TEST_CASE("The next task is done, no matter what one throws") {
    std::atomic<int> done{0};
    TasksUnderTest tasks;
    std::atomic<int> begun{0};
    tasks.submit([&] {
        ++begun;
        throw std::runtime_error("as planned");
    });
    tasks.submit([&] { ++done; });
    tasks.submit([&] {
        ++begun;
        throw 7;
    });
    tasks.submit([&] { ++done; });
    tasks.close();
    EXPECT(done == 2, "Two tasks threw, and those behind them were not done.");
    EXPECT(
        begun == 2,
        fmt::format("Two tasks threw, and were begun {} times. What one had done before it threw "
                    "is done twice then.",
                    begun.load()));
}
