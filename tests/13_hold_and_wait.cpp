// 13 hold and wait: nobody who has a connection waits for another, or for the bank, and every order
// leaves its line in the audit log.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#endif

#include "earlier/12_pass_the_baton/pool.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/failpoints.hpp"
#include "support/gate.hpp"
#include "support/metrics.hpp"
#include "support/patience.hpp"
#include "support/running_shop.hpp"
#include "support/stillness.hpp"
#include "support/test_clock.hpp"

using support::await;
using support::Barrier;
using support::Customer;
using support::FailpointVisitor;
using support::Gate;
using support::Held;
using support::metric;
using support::Pending;
using support::PooledShop;
using support::Reply;
using support::RunningShop;
using support::Step;
using support::TestClock;

namespace {

// Lets a clock run, and fast, until it goes.
class Running {
 public:
    explicit Running(TestClock& clock)
        : thread_([this, &clock] {
              while (!over_) {
                  clock.advance(std::chrono::milliseconds(100));
                  std::this_thread::yield();
              }
          }) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        over_ = true;
        thread_.join();
    }

 private:
    std::atomic<bool> over_{false};
    std::thread thread_;
};

// A shop whose clock stands still: a customer waits for a connection until somebody gives one
// back. A test that has seen enough lets the time pass. So does the end of every test.
class PatientShop {
 public:
    PatientShop() : shop_(std::in_place, workers) {}
    PatientShop(const PatientShop&) = delete;
    PatientShop& operator=(const PatientShop&) = delete;
    ~PatientShop() {
        let_time_pass();
        shop_.reset();
    }
    RunningShop* operator->() { return &*shop_; }
    void advance(std::chrono::milliseconds by) { clock_.advance(by); }
    void let_time_pass() {
        if (!running_) running_.emplace(clock_);
    }

    std::int64_t lines_of(const std::string& card) {
        return shop_->database().number(
            fmt::format("SELECT count(*) FROM audits WHERE card = '{}'", card));
    }
    std::int64_t lines_of(const std::string& card, const std::string& outcome) {
        return shop_->database().number(fmt::format(
            "SELECT count(*) FROM audits WHERE card = '{}' AND outcome = '{}'", card, outcome));
    }

 private:
    static constexpr int workers = 20;
    TestClock clock_;
    std::optional<Running> running_;
    std::optional<PooledShop> shop_;
};

// What GET /metrics says of one moment.
struct PoolState {
    explicit PoolState(const Reply& metrics)
        : max(static_cast<int>(metric(metrics, "pool_max"))),
          in_use(static_cast<int>(metric(metrics, "pool_in_use"))),
          waiting(static_cast<int>(metric(metrics, "pool_waiting"))) {}
    int max;
    int in_use;
    int waiting;
};

constexpr int pool_size = 4;

// The pause between two requests for GET /metrics.
constexpr std::chrono::milliseconds glance(1);

std::string name(int i) {
    return fmt::format("customer{}", i + 1);
}

// The pool's four connections, and at most one that was
// there before the first customer: a writer's.
void expect_bounded(PatientShop& shop, int before) {
    const int opened = shop->ledger().opened_connections();
    EXPECT(
        (opened <= pool_size + 1 && opened - before <= pool_size),
        fmt::format("The pool has four connections, and {} were opened on the database: somebody "
                    "goes past the pool.",
                    opened));
}

struct Meeting {
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> orders;

    int unanswered() const {
        return static_cast<int>(std::count_if(
            orders.begin(), orders.end(), [](const Pending& each) { return !each.is_answered(); }));
    }
};

void need_no_transaction(PatientShop& shop, const std::string& who) {
    NEED(shop->ledger().open_transactions() == 0,
         who + " is at the bank, and a transaction is open: nobody else can write.");
}

// She has ordered the kettle, and is held there.
struct AliceAtTheBank {
    AliceAtTheBank() {
        NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
        need_no_transaction(shop, "Alice");
    }

    PatientShop shop;
    Customer alice = shop->customer("alice");
    Held bank = shop->bank().hold("alice", Step::charge);
    Pending order = alice.starts_to_order(shop::kettle, 1);
};

// Each has ordered a teapot and is held at the bank.
void meet(PatientShop& shop, Customer& observer, Meeting& meeting, int people) {
    for (int i = 0; i < people; ++i) {
        meeting.customers.push_back(shop->customer(name(i)));
        meeting.banks.push_back(shop->bank().hold(name(i), Step::charge));
        meeting.orders.push_back(meeting.customers.back().starts_to_order(shop::teapot, 1));
        const auto is_there = [&] { return shop->bank().asked(name(i), Step::charge) > 0; };
        static_cast<void>(await([&] {
            return meeting.orders.back().is_answered_within(glance) || is_there() ||
                   PoolState(observer.gets("/metrics")).waiting > 0;
        }));
        if (is_there()) {
            need_no_transaction(shop, name(i));
            continue;
        }
        const PoolState pool(observer.gets("/metrics"));
        NEED(is_there(),
             fmt::format("Customers at the bank: {}. The next one {}. Of the pool's {} connections "
                         "{} are in use, and nobody works with one: the bank is thinking.",
                         i, pool.waiting > 0 ? "waits for a connection" : "does not get there",
                         pool.max, pool.in_use));
    }
}

// Waits until all have their replies, or until all who have none wait for a connection: then nobody
// is left who could give one back.
void expect_all_answered(PatientShop& shop, Customer& observer, const Meeting& meeting,
                         const std::string& when) {
    std::optional<PoolState> stuck;
    const bool ended = await([&] {
        const int unanswered = meeting.unanswered();
        if (unanswered == 0) return true;
        static_cast<void>(
            std::all_of(meeting.orders.begin(), meeting.orders.end(),
                        [](const Pending& each) { return each.is_answered_within(glance); }));
        const PoolState pool(observer.gets("/metrics"));
        if (pool.in_use < pool.max || pool.waiting < unanswered ||
            meeting.unanswered() != unanswered) {
            return false;
        }
        stuck = pool;
        return true;
    });
    shop.let_time_pass();
    NEED(!stuck,
         fmt::format(
             "{}. Now all {} connections of the pool are in use, and {} orders wait for one. These "
             "are the same orders: each holds what another waits for, and nothing moves.",
             when, stuck->in_use, stuck->waiting));
    NEED(ended, when + ", and somebody gets no answer.");
}

// Customers who look at an item, and are slow: each keeps the connection that was lent for it until
// they are let go, however long that takes. So nobody is served because a test has waited for long.
class SlowReaders {
 public:
    SlowReaders(PatientShop& shop, shop::Id item, int people)
        : visitor_([this, item](const std::string& step) {
              if (step == fmt::format("SELECT id, title, stock FROM items WHERE id = {}", item)) {
                  while (!gate_.wait()) continue;
              }
          }) {
        for (int i = 0; i < people; ++i) {
            readers_.push_back(shop->customer(name(i)));
            reads_.push_back(readers_.back().starts_to_get(fmt::format("/items/{}", item)));
        }
    }
    SlowReaders(const SlowReaders&) = delete;
    SlowReaders& operator=(const SlowReaders&) = delete;
    ~SlowReaders() { gate_.open(); }
    void let_go() {
        gate_.open();
        for (const Pending& read : reads_) static_cast<void>(read.reply());
    }

 private:
    Gate gate_;
    FailpointVisitor visitor_;
    std::vector<Customer> readers_;
    std::vector<Pending> reads_;
};

void need_all_lent(Customer& observer) {
    NEED(support::await_metric(observer, "pool_in_use", pool_size),
         "So many customers look around that all four connections should be lent, and the pool "
         "lends "
         "fewer.");
}

// One thread of the shop's, seen from others. Where the system is another than Linux nobody knows
// how it is, and it is taken to be asleep: then a test sees less.
class OneThread {
 public:
    // Called on that thread.
    void is_this_one() {
        id_ = std::this_thread::get_id();
#ifdef __linux__
        number_ = static_cast<int>(syscall(SYS_gettid));
#endif
    }
    bool is_mine() const {
        return std::this_thread::get_id() == id_;
    }
    // It waits for somebody, and not just for a lock: many looks, one after the other, have found
    // it in one and the same sleep.
    bool is_fast_asleep() const {
        const std::string sleep = its_sleep();
        for (int look = 0; look < 20; ++look) {
            if (sleep.empty() || its_sleep() != sleep) return false;
            std::this_thread::yield();
        }
        return true;
    }

 private:
    // Which sleep it is in; empty: it is awake.
    std::string its_sleep() const {
#ifdef __linux__
        std::ifstream status(fmt::format("/proc/self/task/{}/status", number_));
        std::string sleep;
        for (std::string word, value; status >> word;) {
            if (word == "State:" && status >> value && value != "S") return "";
            if (word == "voluntary_ctxt_switches:" && status >> value) sleep = value;
        }
        return sleep;
#else
        return "a sleep";
#endif
    }

    std::thread::id id_;
    int number_ = 0;
};

// From now on the database refuses what happens, say, "BEFORE INSERT ON audits".
void refuse(PatientShop& shop, const std::string& what) {
    shop->database().run(fmt::format(
        "CREATE TRIGGER \"{}\" {} BEGIN SELECT RAISE(ABORT, 'refused'); END", what, what));
}

// From now on no line can be written.
void refuse_lines(PatientShop& shop) {
    refuse(shop, "BEFORE INSERT ON audits");
    refuse(shop, "BEFORE UPDATE ON audits");
}

// From now on no order can be confirmed.
void refuse_confirmations(PatientShop& shop) {
    for (const char* step : {"UPDATE", "INSERT"}) {
        refuse(shop, fmt::format("AFTER {} ON orders WHEN NEW.state = 'confirmed'", step));
    }
}

// As somebody does who settles what is still reserved.
void release_alices_order(PatientShop& shop) {
    shop->database().run("DELETE FROM orders WHERE card = 'alice'");
    shop->database().run("UPDATE items SET stock = stock + 1 WHERE id = 2");
}

// The bank was asked, and then something failed: what has become of her order is not known yet.
void expect_unknown(int told) {
    EXPECT(
        told == 504,
        fmt::format("The bank was asked about Alice's card, then the database refused what was to "
                    "be written, and she was told {}. 504 says that it is not known yet whether "
                    "she has paid.",
                    told));
}

// The bank was asked: a customer who comes again may pay twice.
void expect_no_invitation(const Reply& reply, const std::string& story) {
    EXPECT(
        (reply.status != 503 && !reply.headers.contains("Retry-After")),
        fmt::format("{} She was told \"{}\", which is to come again: a second order, and a second "
                    "payment.",
                    story, reply.told()));
}

}  // namespace

TEST_CASE("Four orders meet at the bank and all are paid", "[pitfall]") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Meeting meeting;
    meet(shop, observer, meeting, pool_size);
    for (Held& bank : meeting.banks) bank.accept();
    expect_all_answered(shop, observer, meeting, "Four customers were at the bank, and all paid");
    for (int i = 0; i < pool_size; ++i) {
        const int told = meeting.orders[static_cast<std::size_t>(i)].reply().status;
        EXPECT(told == 201, fmt::format("{} has paid, nobody was in her way, and she was told {}.",
                                        name(i), told));
        EXPECT((shop.lines_of(name(i)) == 1 && shop.lines_of(name(i), "paid") == 1),
               fmt::format("{} has paid, and {} lines of the audit log say so: one should.",
                           name(i), shop.lines_of(name(i), "paid")));
        CHECK(shop->orders_of(name(i)) == 1);
        CHECK(shop->bank().charges_of(name(i)) == 1);
    }
    EXPECT(PoolState(observer.gets("/metrics")).max == pool_size,
           "The pool has four connections: that many are good for the database, and it is to stay "
           "so.");
}

TEST_CASE("Four who are declined at once leave a line each", "[pitfall]") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Meeting meeting;
    meet(shop, observer, meeting, pool_size);
    for (Held& bank : meeting.banks) bank.decline();
    expect_all_answered(shop, observer, meeting,
                        "Four customers were at the bank, and all were declined");
    for (int i = 0; i < pool_size; ++i) {
        const int told = meeting.orders[static_cast<std::size_t>(i)].reply().status;
        EXPECT(told == 402,
               fmt::format("{}'s card was declined, and she was told {}.", name(i), told));
        EXPECT((shop.lines_of(name(i)) == 1 && shop.lines_of(name(i), "declined") == 1),
               fmt::format("{}'s card was declined, and {} lines of the audit log say so: one "
                           "should.",
                           name(i), shop.lines_of(name(i), "declined")));
        CHECK(shop->orders_of(name(i)) == 0);
    }
    EXPECT(shop->stock(shop::teapot) == 10, "Nobody paid for a teapot, and not all ten are back.");
}

TEST_CASE("A customer at the bank holds no connection", "[pitfall]") {
    constexpr int people = 12;
    PatientShop shop;
    const int before = shop->ledger().opened_connections();
    shop->database().run("UPDATE items SET stock = 100 WHERE id = 1");
    Customer observer = shop->customer("observer");
    Customer bob = shop->customer("bob");
    Meeting meeting;
    meet(shop, observer, meeting, people);
    const int in_use = PoolState(observer.gets("/metrics")).in_use;
    NEED(in_use == 0,
         fmt::format(
             "Twelve customers are at the bank, and {} connections of the pool are in use. A "
             "connection that waits for the bank is one that others wait for.",
             in_use));
    EXPECT(bob.gets("/items/2").status == 200,
           "Twelve customers are at the bank, and Bob, who only looks, is not served.");
    for (std::size_t i = 0; i < people; ++i) {
        i % 2 == 0 ? meeting.banks[i].accept() : meeting.banks[i].decline();
    }
    expect_all_answered(shop, observer, meeting,
                        "Twelve customers were at the bank, and all got an answer there");
    for (int i = 0; i < people; ++i) {
        const int told = meeting.orders[static_cast<std::size_t>(i)].reply().status;
        const int expected = i % 2 == 0 ? 201 : 402;
        EXPECT(told == expected, fmt::format("{} should have been told {}, and was told {}.",
                                             name(i), expected, told));
        CHECK(shop.lines_of(name(i)) == 1);
    }
    expect_bounded(shop, before);
}

TEST_CASE("No request has two connections at the same time", "[pitfall]") {
    PatientShop shop;
    const int before = shop->ledger().opened_connections();
    Customer observer = shop->customer("observer");
    shop->bank().decline("bob", Step::charge);
    shop->bank().fail("carol", Step::charge);
    const auto expect_one = [&](const std::string& who, shop::Id item, int expected,
                                const std::string& what) {
        std::mutex mutex;
        int most = 0;
        Customer customer = shop->customer(who);
        shop->ledger().before_each_statement([&](std::string_view) {
            const std::lock_guard lock(mutex);
            most = std::max(most, PoolState(observer.gets("/metrics")).in_use);
        });
        const Reply reply = customer.orders(item, 1);
        shop->ledger().before_each_statement({});
        EXPECT(reply.status == expected,
               fmt::format("{} should have been told {}, and {}.", who, expected,
                           reply.status == 0 ? "got no answer" : "was told " + reply.told()));
        NEED(most <= 1, fmt::format("The shop had one customer, whose order was {}. For that one "
                                    "order {} of the pool's four connections were in use at once.",
                                    what, most));
    };
    expect_one("alice", shop::teapot, 201, "paid");
    expect_one("bob", shop::teapot, 402, "declined");
    expect_one("carol", shop::teapot, 504, "one that the bank did not answer");
    expect_one("dave", shop::samovar, 409, "for what is sold out");
    expect_one("erin", 77, 404, "for what does not exist");
    const int opened = shop->ledger().opened_connections() - before;
    EXPECT(opened <= 1,
           fmt::format(
               "The shop has had one customer at a time, and {} connections were opened on its "
               "database: more than the pool speaks of, or more than one at a time.",
               opened));
}

TEST_CASE("An order and its line are there together or not at all", "[pitfall]") {
    {
        AliceAtTheBank visit;
        auto& [shop, alice, bank, order] = visit;
        refuse_lines(shop);
        bank.accept();
        const int told = order.reply().status;
        EXPECT(shop->orders_of("alice") == 0,
               fmt::format("Alice has paid, and the database refused the line that says so. She "
                           "was told {}, and her order is confirmed: an order that no line of the "
                           "audit log speaks of.",
                           told));
        expect_unknown(told);
        EXPECT(shop->stock(shop::kettle) == 0,
               "Alice has paid for the kettle, and it is for sale again.");
        CHECK(shop->bank().charges_of("alice") == 1);
    }
    AliceAtTheBank visit;
    auto& [shop, alice, bank, order] = visit;
    refuse_confirmations(shop);
    bank.accept();
    const int told = order.reply().status;
    CHECK((told == 500 || told == 504));
    EXPECT(shop.lines_of("alice", "paid") == 0,
           "The database refused to confirm Alice's order, and the audit log says that it is paid "
           "and hers.");
    EXPECT(shop->stock(shop::kettle) == 0,
           "Alice has paid for the kettle, and it is for sale again.");
}

TEST_CASE("A declined order and its line end together or not at all", "[pitfall]") {
    {
        AliceAtTheBank visit;
        auto& [shop, alice, bank, order] = visit;
        refuse_lines(shop);
        bank.decline();
        const int told = order.reply().status;
        EXPECT(shop->stock(shop::kettle) == 0,
               fmt::format("Alice was declined, and the database refused the line that says so. "
                           "She was told {}, and the kettle is for sale again: an order has ended, "
                           "and no line of the audit log speaks of it.",
                           told));
        expect_unknown(told);
    }
    AliceAtTheBank visit;
    auto& [shop, alice, bank, order] = visit;
    refuse(shop, "BEFORE UPDATE OF stock ON items");
    bank.decline();
    const int told = order.reply().status;
    CHECK((told == 500 || told == 504));
    EXPECT(shop.lines_of("alice", "declined") == 0,
           "The database refused to put Alice's kettle back, and the audit log says that her order "
           "has ended.");
}

TEST_CASE("When the pool says no after the bank said yes, nothing is half done", "[pitfall]") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Customer alice = shop->customer("alice");
    Customer bob = shop->customer("bob");
    Held bank = shop->bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");

    // Others come, have their connections, and are slow.
    SlowReaders others(shop, shop::teapot, pool_size);
    need_all_lent(observer);
    bank.accept();
    const bool is_told = await([&] {
        shop.advance(std::chrono::seconds(1));
        return order.is_answered_within(glance);
    });
    EXPECT(is_told,
           "Alice's card was charged, and there is no connection to be had. By the shop's clock a "
           "long time has passed, and she is still told nothing.");
    shop.let_time_pass();
    others.let_go();
    const Reply reply = order.reply();
    const int told = reply.status;
    const auto confirmed = shop->orders_of("alice");
    EXPECT(
        (told == 201) == (confirmed == 1),
        fmt::format("Alice's card was charged, and then there was no connection to be had in time. "
                    "She was told {}, and her order is {}.",
                    told, confirmed == 1 ? "confirmed" : "not confirmed"));
    expect_no_invitation(
        reply, "Alice's card was charged, and then there was no connection to be had in time.");
    EXPECT(shop.lines_of("alice", "paid") == confirmed,
           fmt::format("Confirmed orders of Alice's: {}; lines in the audit log that say \"paid\": "
                       "{}.",
                       confirmed, shop.lines_of("alice", "paid")));
    EXPECT((shop->stock(shop::kettle) == 0 && shop->bank().charges_of("alice") == 1),
           "Alice has paid for the kettle, and it is for sale again.");
    EXPECT(bob.orders(shop::kettle, 1).status == 409,
           "Alice has paid for the one kettle, and Bob was not told that it is sold out.");
}

TEST_CASE("When the pool says no after the bank said no, nothing is half done", "[pitfall]") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Customer alice = shop->customer("alice");
    Held bank = shop->bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    SlowReaders others(shop, shop::teapot, pool_size);
    need_all_lent(observer);
    bank.decline();
    const bool is_told = await([&] {
        shop.advance(std::chrono::seconds(1));
        return order.is_answered_within(glance);
    });
    EXPECT(is_told,
           "Alice's card was declined, and there is no connection to be had. By the shop's clock a "
           "long time has passed, and she is still told nothing.");
    shop.let_time_pass();
    others.let_go();
    const Reply reply = order.reply();
    const std::string story =
        "Alice's card was declined, and then there was no connection to be had in time.";
    const bool has_line = shop.lines_of("alice", "declined") == 1;
    const bool is_for_sale = shop->stock(shop::kettle) == 1;
    EXPECT((reply.status == 402) == has_line,
           fmt::format("{} She was told {}, and the audit log {}.", story, reply.status,
                       has_line ? "says so" : "has no line of it"));
    EXPECT(is_for_sale == has_line, fmt::format("{} The kettle is {}, and the audit log {}.", story,
                                                is_for_sale ? "for sale again" : "still reserved",
                                                has_line ? "says why" : "has no line of it"));
    expect_no_invitation(reply, story);
}

TEST_CASE("A connection that comes late neither sells nor charges twice", "[pitfall]") {
    PatientShop shop;
    const int before = shop->ledger().opened_connections();
    Customer observer = shop->customer("observer");
    Customer alice = shop->customer("alice");
    Held bank = shop->bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    // As many as can have a connection: if somebody waits, it is Alice.
    SlowReaders others(shop, shop::kettle, pool_size - PoolState(observer.gets("/metrics")).in_use);
    need_all_lent(observer);
    bank.accept();
    static_cast<void>(await([&] {
        return order.is_answered_within(glance) || PoolState(observer.gets("/metrics")).waiting > 0;
    }));
    // The pool says no to her, once, and then connections are given back.
    static_cast<void>(await([&] {
        if (metric(observer.gets("/metrics"), "pool_timeouts_total") > 0) return true;
        shop.advance(std::chrono::milliseconds(100));
        return order.is_answered_within(glance);
    }));
    others.let_go();
    const Reply reply = order.reply();
    const int told = reply.status;
    const auto confirmed = shop->orders_of("alice");
    EXPECT(shop->bank().charges_of("alice") == 1,
           fmt::format("Alice ordered once, and her card was charged {} times.",
                       shop->bank().charges_of("alice")));
    EXPECT(shop->stock(shop::teapot) == 8,
           fmt::format("Alice has paid for two of ten teapots, and {} are for sale.",
                       shop->stock(shop::teapot)));
    EXPECT(
        (told == 201) == (confirmed == 1),
        fmt::format("Alice has paid, and a connection came too late for her. She was told {}, and "
                    "her order is {}.",
                    told, confirmed == 1 ? "confirmed" : "not confirmed"));
    expect_no_invitation(reply, "Alice has paid, and a connection came too late for her.");
    CHECK(shop.lines_of("alice", "paid") == confirmed);
    expect_bounded(shop, before);
}

TEST_CASE("Once her order is confirmed a customer waits for nobody", "[pitfall]") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Customer alice = shop->customer("alice");
    Held bank = shop->bank().hold("alice", Step::charge);
    const Pending order = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    Gate confirming;
    Gate may_confirm;
    Gate readers_leave;
    const FailpointVisitor visitor([&](const std::string& step) {
        if (step == "SELECT id, title, stock FROM items WHERE id = 1") {
            while (!readers_leave.wait()) continue;
        } else if (step.starts_with("UPDATE orders")) {
            confirming.open();
            static_cast<void>(may_confirm.wait());
        }
    });
    bank.accept();
    static_cast<void>(
        await([&] { return confirming.is_open() || order.is_answered_within(glance); }));
    // Now others come, and will have every connection, hers too when she has given it back.
    const int before = PoolState(observer.gets("/metrics")).in_use;
    std::vector<Customer> readers;
    std::vector<Pending> reads;
    for (int i = 0; i < pool_size; ++i) {
        readers.push_back(shop->customer(name(i)));
        reads.push_back(readers.back().starts_to_get("/items/1"));
    }
    const bool are_there = await([&] {
        const PoolState pool(observer.gets("/metrics"));
        return pool.in_use + pool.waiting == before + pool_size;
    });
    const double turns = metric(observer.gets("/metrics"), "pool_acquired_total");
    may_confirm.open();
    // She has her reply, or waits for a connection once more.
    static_cast<void>(await([&] {
        if (order.is_answered_within(glance)) return true;
        const Reply metrics = observer.gets("/metrics");
        const int waiting = PoolState(metrics).waiting;
        return waiting > 1 || (waiting > 0 && metric(metrics, "pool_acquired_total") > turns);
    }));
    static_cast<void>(await([&] {
        if (order.is_answered_within(glance)) return true;
        shop.advance(std::chrono::seconds(1));
        return false;
    }));
    readers_leave.open();
    for (const Pending& read : reads) static_cast<void>(read.reply());
    shop.let_time_pass();
    const Reply reply = order.reply();
    CHECK(are_there);
    EXPECT(reply.status == 201,
           fmt::format("Alice has paid, and her order was confirmed. Meanwhile others had come for "
                       "all connections, and she was told \"{}\": she needed one more.",
                       reply.told()));
    CHECK(shop->orders_of("alice") == 1);
    CHECK(shop.lines_of("alice", "paid") == 1);
}

TEST_CASE("A failure after the bank was asked is a 504", "[pitfall]") {
    // While she is at the bank something happens, so that her order cannot be ended.
    const auto expect_504 = [](bool is_paid, const std::string& story, auto happens) {
        AliceAtTheBank visit;
        auto& [shop, alice, bank, order] = visit;
        happens(shop);
        is_paid ? bank.accept() : bank.decline();
        const Reply reply = order.reply();
        const bool is_hers = reply.status == 201 && shop->orders_of("alice") == 1;
        EXPECT((is_hers || reply.status == 504),
               fmt::format("{} She was told \"{}\". Once the bank was asked a failure is a 504: "
                           "what has become of her order is not known yet.",
                           story, reply.told()));
        expect_no_invitation(reply, story);
    };
    expect_504(true, "Alice has paid, and the database refused to confirm her order.",
               refuse_confirmations);
    expect_504(false, "Alice was declined, and the database refused to put the kettle back.",
               [](PatientShop& shop) { refuse(shop, "BEFORE UPDATE OF stock ON items"); });
    expect_504(true, "Alice has paid, and somebody had released her order meanwhile.",
               release_alices_order);
}

TEST_CASE("An order that was ended meanwhile gets no second line", "[pitfall]") {
    AliceAtTheBank visit;
    auto& [shop, alice, bank, order] = visit;
    shop->database().run("UPDATE orders SET state = 'declined' WHERE card = 'alice'");
    shop->database().run("UPDATE items SET stock = stock + 1 WHERE id = 2");
    if (shop.lines_of("alice", "declined") == 0) {  // else the database itself writes lines
        shop->database().run(
            "INSERT INTO audits (card, item_id, quantity, outcome) "
            "VALUES ('alice', 2, 1, 'declined')");
    }
    bank.decline();
    const Reply reply = order.reply();
    EXPECT((reply.status == 402 || reply.status == 504),
           fmt::format("Alice was declined, and she was told \"{}\".", reply.told()));
    EXPECT(shop.lines_of("alice", "declined") == 1,
           fmt::format("While Alice was at the bank somebody released her order, and wrote its "
                       "line. Now the audit log says {} times that she was declined. The line is "
                       "written by the one who ended the order, and by nobody else.",
                       shop.lines_of("alice", "declined")));
    EXPECT(shop->stock(shop::kettle) == 1, "There is one kettle, and nobody has paid for it.");
}

// Already green.

TEST_CASE("Until the bank is asked nobody is told that she may have paid") {
    PatientShop shop;
    refuse(shop, "BEFORE INSERT ON orders");
    Customer alice = shop->customer("alice");
    const Reply reply = alice.orders(shop::kettle, 1);
    EXPECT(reply.status == 500,
           fmt::format("The database refused Alice's order before the bank was asked: she has paid "
                       "nothing, and it is the shop's fault. She was told \"{}\".",
                       reply.told()));
    CHECK(shop->bank().charges_of("alice") == 0);
    CHECK(shop->stock(shop::kettle) == 1);
}

TEST_CASE("A customer waits up to two seconds for a connection") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Customer alice = shop->customer("alice");
    Held bank = shop->bank().hold("alice", Step::charge);
    const Pending hers = alice.starts_to_order(shop::kettle, 1);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    SlowReaders others(shop, shop::samovar,
                       pool_size - PoolState(observer.gets("/metrics")).in_use);
    need_all_lent(observer);
    Customer bob = shop->customer("bob");
    const Pending look = bob.starts_to_get("/items/1");
    Customer carol = shop->customer("carol");
    const Pending order = carol.starts_to_order(shop::teapot, 1);
    bank.accept();
    // All three wait, or have what they want, or are told something.
    const auto any_is_told = [&] {
        return hers.is_answered() || look.is_answered() || order.is_answered();
    };
    static_cast<void>(support::happens_before_stillness(
        [&] { return PoolState(observer.gets("/metrics")).waiting == 3; }));
    shop.advance(std::chrono::milliseconds(1900));
    static_cast<void>(support::happens_before_stillness(any_is_told));
    others.let_go();
    EXPECT(look.reply().status == 200,
           fmt::format("A connection came back before Bob had waited for two seconds, and he was "
                       "told \"{}\".",
                       look.reply().told()));
    EXPECT(order.reply().status == 201,
           fmt::format("A connection came back before Carol, who orders, had waited for two "
                       "seconds, and she was told \"{}\".",
                       order.reply().told()));
    EXPECT(hers.reply().status == 201,
           fmt::format("A connection came back before Alice, who has paid, had waited for two "
                       "seconds, and she was told \"{}\".",
                       hers.reply().told()));
}

TEST_CASE("Every order leaves one line that says how it ended") {
    PatientShop shop;
    shop->bank().decline("bob", Step::charge);
    const auto expect_line = [&](const std::string& who, shop::Id item, int expected,
                                 const std::string& outcome) {
        Customer customer = shop->customer(who);
        const int told = customer.orders(item, 2).status;
        EXPECT(told == expected,
               fmt::format("{} should have been told {}, and was told {}.", who, expected, told));
        EXPECT(shop.lines_of(who) == 1,
               fmt::format("{} was told {}, and lines of the audit log that speak of it: {}.", who,
                           told, shop.lines_of(who)));
        EXPECT(
            shop->database().number(fmt::format("SELECT count(*) FROM audits WHERE card = '{}' AND "
                                                "item_id = {} AND quantity = 2 AND outcome = '{}'",
                                                who, item, outcome)) == 1,
            fmt::format("{} was told {}, and the audit log does not say \"{}\".", who, told,
                        outcome));
    };
    expect_line("alice", shop::teapot, 201, "paid");
    expect_line("bob", shop::teapot, 402, "declined");
    expect_line("dave", shop::samovar, 409, "sold out");
    expect_line("erin", 77, 404, "no such item");
    EXPECT(shop->stock(shop::teapot) == 8,
           "Alice bought two of ten teapots and nobody else any: eight should be left.");
    EXPECT(shop->database().number("SELECT count(*) FROM orders WHERE state = 'reserved'") == 0,
           "Every order has come to its end, and one is still 'reserved'.");
    const auto expect_another_line = [&](const std::string& who, int expected,
                                         const std::string& outcome) {
        Customer customer = shop->customer(who);
        CHECK(customer.orders(shop::teapot, 2).status == expected);
        EXPECT(shop.lines_of(who, outcome) == 2,
               fmt::format("{} ordered the same twice, {} both times, and the audit log does not "
                           "have two lines of it.",
                           who, outcome));
    };
    expect_another_line("alice", 201, "paid");
    expect_another_line("bob", 402, "declined");
}

TEST_CASE("An order that the bank did not answer stays reserved") {
    PatientShop shop;
    for (int i = 0; i < 10; ++i)
        shop->bank().lose_next_answer("alice");  // and if it is asked again
    shop->bank().fail("bob", Step::charge);
    shop->bank().fail("frank", Step::charge, std::make_exception_ptr(std::bad_alloc()));
    shop->bank().fail("grace", Step::charge, std::make_exception_ptr(42));
    for (const std::string who : {"alice", "bob", "frank", "grace"}) {
        Customer customer = shop->customer(who);
        const Reply reply = customer.orders(shop::teapot, 2);
        const bool is_silent = who == "alice" || who == "bob";
        EXPECT((is_silent ? reply.status == 504 : reply.status / 100 == 5),
               fmt::format("The bank gave no answer to {}'s order, and {} was told \"{}\".", who,
                           who, reply.told()));
        expect_no_invitation(reply, fmt::format("The bank gave no answer to {}'s order.", who));
        for (const std::string outcome : {"paid", "declined"}) {
            EXPECT(
                shop.lines_of(who, outcome) == 0,
                fmt::format("The bank gave no answer to {}'s order, and the audit log says \"{}\".",
                            who, outcome));
        }
    }
    EXPECT(shop->database().number("SELECT count(*) FROM orders WHERE state = 'reserved'") == 4,
           "The bank gave no answer to four orders, which may be paid, and not all four are "
           "'reserved'.");
    EXPECT(
        shop->stock(shop::teapot) == 2,
        fmt::format("Four customers ordered two of ten teapots each and may have paid, and {} are "
                    "for sale.",
                    shop->stock(shop::teapot)));
    const auto charges = shop->bank().charges();
    NEED(charges.size() == 1, "Alice's order was charged, and no other.");
    EXPECT(
        shop->database().number(fmt::format("SELECT count(*) FROM orders WHERE card = 'alice' AND "
                                            "payment = '{}'",
                                            charges.front().key)) == 1,
        "The bank's answer to Alice's order was lost. The bank does not know her payment by the "
        "name in orders.payment, so nobody can ask it again.");
}

TEST_CASE("The line is in the log before the customer is answered") {
    for (const std::string who : {"alice", "barbara"}) {
        Gate reply_leaves;
        std::atomic<std::int64_t> lines{-1};
        OneThread worker;
        PatientShop shop;  // goes before what its replies look at
        shop->bank().decline("barbara", Step::charge);
        Customer customer = shop->customer(who);
        shop->before_each_reply([&](int) { worker.is_this_one(); });
        CHECK(customer.gets("/items/1").status == 200);
        shop->before_each_reply([&](int) {
            if (reply_leaves.is_open()) return;
            lines = shop.lines_of(who);
            reply_leaves.open();
        });
        // If another thread writes the lines, it gets on when the reply leaves. Or when it does not:
        // the worker is fast asleep, because the reply waits for the line.
        const FailpointVisitor visitor([&](const std::string& step) {
            if (!step.starts_with("INSERT INTO audits") || worker.is_mine()) return;
            static_cast<void>(
                await([&] { return reply_leaves.is_open() || worker.is_fast_asleep(); }));
        });
        const int told = customer.orders(shop::teapot, 1).status;
        NEED(told == (who == "alice" ? 201 : 402),
             fmt::format("{} ordered a teapot, nobody else is in the shop, and she {}.", who,
                         told == 0 ? "got no answer" : fmt::format("was told {}", told)));
        EXPECT(lines == 1,
               fmt::format("{} is about to be told {}, and the line of the order is not in the "
                           "audit log: if the shop dies now, there will be none.",
                           who, told));
    }
}

TEST_CASE("Nobody is told that it is sold out while no line says so") {
    PatientShop shop;
    refuse_lines(shop);
    const auto expect_refused = [&](const std::string& who, shop::Id item, int without) {
        Customer customer = shop->customer(who);
        const int told = customer.orders(item, 1).status;
        EXPECT(told != without,
               fmt::format("The database refused the line of {}'s order. She was told {}, as if "
                           "all were done, and no line of the audit log speaks of it.",
                           who, told));
        CHECK(told == 500);
    };
    expect_refused("dave", shop::samovar, 409);
    expect_refused("erin", 77, 404);
}

TEST_CASE("However late it turns out that nothing is left, a line says so") {
    PatientShop shop;
    Customer alice = shop->customer("alice");
    Customer bob = shop->customer("bob");
    // Bob comes for the one kettle just before Alice's order begins its second transaction.
    std::atomic<int> begun{0};
    std::optional<Pending> bobs;
    {
        const FailpointVisitor visitor([&](const std::string& step) {
            if (!step.starts_with("BEGIN") || ++begun != 2) return;
            bobs.emplace(bob.starts_to_order(shop::kettle, 1));
            static_cast<void>(
                support::happens_before_stillness([&] { return bobs->is_answered(); }));
        });
        const Reply hers = alice.orders(shop::kettle, 1);
        const Reply his = bobs ? bobs->reply() : bob.orders(shop::kettle, 1);
        for (const auto& [who, reply] : {std::pair("alice", hers), std::pair("bob", his)}) {
            const bool is_sold = reply.status == 201;
            EXPECT((is_sold || reply.status == 409),
                   fmt::format("Alice and Bob ordered the one kettle, and {} was told \"{}\".", who,
                               reply.told()));
            EXPECT(
                (shop.lines_of(who) == 1 && shop.lines_of(who, is_sold ? "paid" : "sold out") == 1),
                fmt::format("Alice and Bob ordered the one kettle at the same time. {} was told "
                            "\"{}\", and lines of the audit log that speak of that: {}.",
                            who, reply.told(), shop.lines_of(who)));
        }
    }
    EXPECT(shop->stock(shop::kettle) == 0, "There was one kettle, and it was sold.");
}

TEST_CASE("An order that was released meanwhile is not confirmed") {
    AliceAtTheBank visit;
    auto& [shop, alice, bank, order] = visit;
    release_alices_order(shop);
    bank.accept();
    const int told = order.reply().status;
    const auto confirmed = shop->orders_of("alice");
    EXPECT(((told == 201) == (confirmed == 1) && shop.lines_of("alice", "paid") == confirmed),
           fmt::format("While Alice was at the bank somebody settled what was still reserved, and "
                       "her goods went back. She was told {}, confirmed orders of hers are {}, and "
                       "lines in the audit log that say \"paid\" {}.",
                       told, confirmed, shop.lines_of("alice", "paid")));
}

TEST_CASE("After two seconds without a connection a customer is told so") {
    PatientShop shop;
    Customer observer = shop->customer("observer");
    Customer bob = shop->customer("bob");
    Customer carol = shop->customer("carol");
    SlowReaders others(shop, shop::kettle, pool_size);
    need_all_lent(observer);
    const Pending look = bob.starts_to_get("/items/1");
    NEED(support::await_metric(observer, "pool_waiting", 1),
         "All four connections are lent, and Bob, who looks at a teapot, does not wait for one.");
    const Pending order = carol.starts_to_order(shop::teapot, 1);
    static_cast<void>(await([&] {
        return order.is_answered_within(glance) || PoolState(observer.gets("/metrics")).waiting > 1;
    }));
    shop.advance(std::chrono::seconds(2));
    // Told, or in the queue once more: nobody else is there who could be.
    bool is_told = false;
    const bool is_known = await([&] {
        is_told = look.is_answered_within(glance) && order.is_answered_within(glance);
        if (is_told) return true;
        const Reply metrics = observer.gets("/metrics");
        const int untold = (look.is_answered() ? 0 : 1) + (order.is_answered() ? 0 : 1);
        return metric(metrics, "pool_timeouts_total") == 2 && untold > 0 &&
               PoolState(metrics).waiting == untold;
    });
    EXPECT(
        (is_known && (is_told || look.is_answered())),
        "Bob has waited for a connection for two seconds, and he still waits: the pool was to keep "
        "its deadline.");
    EXPECT(
        (is_known && (is_told || order.is_answered())),
        "Carol, who orders, has waited for a connection for two seconds. She still waits: the pool "
        "was to keep its deadline, and when it says no she is to be told so.");
    others.let_go();
    EXPECT(
        look.reply().status == 503,
        fmt::format("Bob waited for a connection for two seconds, all were lent, and he was told "
                    "{}.",
                    look.reply().told()));
    const Reply told = order.reply();
    const bool is_paid = told.status == 201;  // she had one that is not the pool's
    EXPECT((is_paid || told.status == 503),
           fmt::format(
               "Carol waited for a connection for two seconds, all were lent, and she was told "
               "\"{}\".",
               told.told()));
    EXPECT(
        shop.lines_of("carol") == (is_paid ? 1 : 0),
        fmt::format("Carol was turned away before she had a connection: nothing has happened. She "
                    "was told \"{}\", and lines of the audit log that speak of her: {}.",
                    told.told(), shop.lines_of("carol")));
}

TEST_CASE("Every customer is told why, and no connection is left behind") {
    PatientShop shop;
    {
        Customer observer = shop->customer("observer");
        Customer bob = shop->customer("bob");
        const auto expect_told = [](const Reply& reply, const std::string& why) {
            EXPECT(
                reply.told() == why,
                fmt::format("Bob had to be told \"{}\", and was told \"{}\".", why, reply.told()));
        };
        expect_told(bob.gets("/items/77"), "404 no such item");
        expect_told(bob.gets("/orders/77"), "404 no such order");
        expect_told(bob.orders(77, 1), "404 no such item");
        expect_told(bob.orders(shop::samovar, 1), "409 sold out");
        CHECK(shop.lines_of("bob") == 2);
        expect_told(bob.posts("/orders", "a teapot, please"), "400 the body is not JSON");
        const Reply order = bob.orders(shop::teapot, 2);
        CHECK(order.status == 201);
        CHECK(order.number("/order/item_id") == shop::teapot);
        CHECK(bob.gets(order.location).number("/order/quantity") == 2);
        const Reply review = bob.reviews(shop::teapot, "Pours well.");
        CHECK(review.status == 201);
        CHECK(bob.gets(review.location).text("/review/text") == "Pours well.");
        CHECK(bob.gets("/items/1").number("/item/stock") == 8);
        shop->bank().decline("bob", Step::charge);
        const Reply declined = bob.orders(shop::teapot, 1);
        expect_told(declined, "402 payment declined");
        CHECK(declined.location.empty());
        CHECK(shop->database().number("SELECT count(*) FROM audits") == 4);
        CHECK(shop->ledger().open_transactions() == 0);
        const PoolState pool(observer.gets("/metrics"));
        EXPECT((pool.in_use == 0 && pool.waiting == 0),
               fmt::format("Nobody is in the shop but Bob, who has all his replies, and of the "
                           "pool's connections {} are in use.",
                           pool.in_use));
    }
    shop->close();
    EXPECT(shop->ledger().open_connections() == 0,
           "The shop is closed, and a connection on its database is still open.");
}

// The arithmetic, on the pool alone.

namespace {

struct Connection {};
struct Connector {
    Connection connect() const { return {}; }
    bool reset(Connection&) const { return false; }
    bool is_valid(Connection&) const { return true; }
};

// Threads that each take that many connections, one after the other, and keep them to the end.
// Before the last one they wait for each other: the worst moment.
struct Takers {
    int threads;
    int leases;
};

// Whether all of them get what they want from a pool of that size. When they do not, all of them
// wait and all connections are in use.
bool is_enough(int max_connections, Takers takers) {
    TestClock clock;
    shop::Pool<Connector> pool(Connector(), {.max_connections = max_connections}, clock);
    Barrier before_the_last(takers.threads);
    std::atomic<int> served{0};
    std::atomic<int> gone{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < takers.threads; ++i) {
        threads.emplace_back([&] {
            try {
                std::vector<shop::Pool<Connector>::Lease> held;
                while (static_cast<int>(held.size()) < takers.leases) {
                    if (static_cast<int>(held.size()) == takers.leases - 1) {
                        static_cast<void>(before_the_last.arrive_and_wait());
                    }
                    held.push_back(pool.acquire("a thread"));
                }
                ++served;
            } catch (const shop::PoolExhausted&) {  // which is said by `served`
            }
            ++gone;
        });
    }
    bool all_wait = false;
    const bool known = await([&] {
        all_wait = pool.stats().waiting == takers.threads;
        return all_wait || gone == takers.threads;
    });
    const shop::PoolStats last = pool.stats();
    {
        const Running time(clock);
        for (std::thread& thread : threads) thread.join();
    }
    CHECK(known);
    if (all_wait) CHECK(last.in_use == max_connections);
    if (!all_wait) CHECK(served == takers.threads);
    return !all_wait;
}

}  // namespace

TEST_CASE("Four threads of two connections stop a pool of four and not one of five") {
    EXPECT(!is_enough(4, {.threads = 4, .leases = 2}),
           "Each has one and waits for another, there are no more, and somebody went on.");
    EXPECT(is_enough(5, {.threads = 4, .leases = 2}),
           "When each has one, one is left: the request that gets it ends and gives two back.");
}

TEST_CASE("One connection more than waiting threads can hold is enough, one fewer is not") {
    for (const Takers takers : {Takers{4, 1}, Takers{2, 2}, Takers{4, 3}, Takers{3, 4}}) {
        const int enough = takers.threads * (takers.leases - 1) + 1;
        INFO(takers.threads << " threads of " << takers.leases << " connections");
        CHECK(is_enough(enough, takers));
        if (enough > 1) CHECK_FALSE(is_enough(enough - 1, takers));
    }
}
