// 14 starved workers: however many customers wait, or only keep their connection, the shop has a
// worker free to say that it is alive.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <exception>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/connect_interceptor.hpp"
#include "support/gate.hpp"
#include "support/metrics.hpp"
#include "support/patience.hpp"
#include "support/raw_client.hpp"
#include "support/running_shop.hpp"
#include "support/stillness.hpp"
#include "support/test_clock.hpp"

using support::ConnectInterceptor;
using support::Customer;
using support::Held;
using support::HeldConnect;
using support::Pending;
using support::PooledShop;
using support::RawClient;
using support::Reply;
using support::RunningShop;
using support::Step;
using support::TestClock;

namespace {

constexpr int workers = 8;
constexpr int crowd = 12;
constexpr int connections = 4;

// So long an idle customer may stay in any case: after five seconds cpp-httplib hangs up on her.
constexpr std::chrono::milliseconds idle_time(4000);

// How long a test waits for what a shop with a free worker does in less than a millisecond. Like
// patience(), it runs out only when a test fails. By then no idle customer has been hung up on.
std::chrono::milliseconds shortly() {
    return std::min(std::chrono::milliseconds(support::patience()) * 2 / 5, idle_time);
}

// As support::await, but no longer than it takes until nobody in the process goes on, and a moment
// for a shop that looks again by itself; and in any case no longer than `shortly()`.
template <typename Condition>
bool await(Condition holds) {
    constexpr std::chrono::milliseconds a_moment(250);
    return support::happens_before_stillness(holds, shortly()) || support::await(holds, a_moment);
}

// The reply, or one of status 0 when none comes shortly.
Reply reply_to(const Pending& request) {
    return await([&] { return request.is_answered(); }) ? request.reply() : Reply{};
}

// Asks, and again as long as she is told 503, as it says in Retry-After; but no longer than
// `shortly()`: that others have hung up is noticed in a moment.
template <typename Ask>
Reply persist(Ask ask) {
    Reply reply;
    static_cast<void>(await([&] { return (reply = reply_to(ask())).status != 503; }));
    return reply;
}

// The same with an order, until she is at the bank. False when she does not get there.
bool persist_in_ordering(RunningShop& shop, Customer& customer, const std::string& card) {
    Pending order = customer.starts_to_order(shop::teapot, 1);
    return await([&] {
        if (shop.bank().asked(card, Step::charge) > 0) return true;
        if (order.is_answered()) order = customer.starts_to_order(shop::teapot, 1);
        return false;
    });
}

Reply persist_in_getting(Customer& customer, const std::string& path) {
    return persist([&] { return customer.starts_to_get(path); });
}

// "" when it is not there. Names and values in small letters: the case of a header means nothing.
std::string header(const Reply& reply, const std::string& name) {
    const auto small = [](std::string text) {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return text;
    };
    for (const auto& [key, value] : reply.headers) {
        if (small(key) == name) return small(value);
    }
    return "";
}

// The number at the beginning, or -1.
int leading_number(const std::string& text) {
    int number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string name(int i) {
    return fmt::format("customer{}", i + 1);
}

// Those who have come to order a teapot. Each who gets to the bank is held there.
class Buyers {
 public:
    explicit Buyers(RunningShop& shop) : shop_(shop) {
        shop.database().run("UPDATE items SET stock = 1000 WHERE id = 1");
    }

    // Sends one more to order, and waits for what becomes of her: she is at the bank, or she has
    // her reply. False when neither comes.
    bool send() {
        const std::string card = name(static_cast<int>(customers_.size()));
        customers_.push_back(shop_.customer(card));
        banks_.push_back(shop_.bank().hold(card, Step::charge));
        orders_.push_back(customers_.back().starts_to_order(shop::teapot, 1));
        return await([&] {
            return orders_.back().is_answered() || shop_.bank().asked(card, Step::charge) > 0;
        });
    }

    int at_the_bank() const {
        return static_cast<int>(
            std::count_if(orders_.begin(), orders_.end(),
                          [](const Pending& order) { return !order.is_answered(); }));
    }
    // What those have been told who are not there.
    std::vector<Reply> replies() const {
        std::vector<Reply> all;
        for (const Pending& order : orders_) {
            if (order.is_answered()) all.push_back(order.reply());
        }
        return all;
    }
    // The bank takes everybody's money. What all have been told in the end.
    std::vector<Reply> are_served() {
        for (Held& bank : banks_) bank.accept();
        std::vector<Reply> all;
        for (const Pending& order : orders_) all.push_back(order.reply());
        return all;
    }
    Customer& operator[](std::size_t i) { return customers_[i]; }

 private:
    RunningShop& shop_;
    std::vector<Customer> customers_;
    std::vector<Held> banks_;
    std::vector<Pending> orders_;
};

// Each customer who looks an item up has a connection, and keeps it until this is over.
class SlowLookups {
 public:
    explicit SlowLookups(support::Ledger& ledger) : ledger_(ledger) {
        ledger_.before_each_statement([this](std::string_view sql) {
            if (sql.find("FROM items") != std::string_view::npos) static_cast<void>(over_.wait());
        });
    }
    SlowLookups(const SlowLookups&) = delete;
    SlowLookups& operator=(const SlowLookups&) = delete;
    ~SlowLookups() {
        over_.open();
        ledger_.before_each_statement({});
    }

 private:
    support::Ledger& ledger_;
    support::Gate over_;
};

// The orchestrator and the monitoring each have a connection that they would like to keep.
void expect_watched(RunningShop& shop, const std::string& meanwhile) {
    Customer monitoring = shop.customer("monitoring");
    Customer orchestrator = shop.customer("orchestrator");
    const auto got = [](const Reply& reply) {
        return reply.status == 0 ? "no answer" : fmt::format("{}", reply.status);
    };
    for (int round = 0; round < 3; ++round) {
        const Reply health = reply_to(orchestrator.starts_to_get("/healthz"));
        NEED(
            health.status == 200,
            fmt::format("{}, and GET /healthz gets {}. The shop is well; the orchestrator takes it "
                        "for dead and kills it.",
                        meanwhile, got(health)));
        const Reply metrics = reply_to(monitoring.starts_to_get("/metrics"));
        NEED(metrics.status == 200,
             fmt::format(
                 "{}, and GET /metrics gets {}: the colleague who is called to help does not see "
                 "what is wrong.",
                 meanwhile, got(metrics)));
    }
}

std::string nobody_tells(const std::string& meanwhile, int worker_count) {
    return fmt::format(
        "{}. The next one is told nothing, neither yes nor no: she waits for one of the {} "
        "workers, and none has a worker free.",
        meanwhile, worker_count);
}

void expect_told_to_come_again(const Reply& reply) {
    EXPECT(
        reply.status == 503,
        fmt::format("The shop had no worker free for her, and she was told \"{}\". 503 says that "
                    "it is not her fault and will pass.",
                    reply.told()));
    EXPECT(leading_number(header(reply, "retry-after")) >= 1,
           fmt::format("She was told 503 and Retry-After \"{}\": in how many seconds may she come "
                       "again?",
                       header(reply, "retry-after")));
}

}  // namespace

TEST_CASE("The shop says that it is alive while everybody is at the bank", "[pitfall]") {
    for (const int worker_count : {2, 3, 5, workers}) {
        PooledShop shop(worker_count);
        Buyers buyers(shop);
        for (int i = 0; i < worker_count; ++i) {
            NEED(buyers.send(),
                 nobody_tells(fmt::format("Customers at the bank: {}", i), worker_count));
        }
        expect_watched(shop, fmt::format("Of {} workers {} wait for the bank", worker_count,
                                         buyers.at_the_bank()));
        EXPECT(buyers.at_the_bank() >= worker_count / 2,
               fmt::format("The shop has {} workers, and turns customers away while {} are at the "
                           "bank: more than half of it has nothing to do.",
                           worker_count, buyers.at_the_bank()));
        EXPECT(buyers.at_the_bank() < worker_count,
               fmt::format("The shop was told to have {} workers, and {} customers wait for the "
                           "bank.",
                           worker_count, buyers.at_the_bank()));
    }
}

TEST_CASE("A customer who cannot be served is told so at once", "[pitfall]") {
    PooledShop shop(workers);
    Buyers buyers(shop);
    for (int i = 0; i < crowd; ++i) {
        NEED(buyers.send(), nobody_tells(fmt::format("{} customers have come to order, and {} are "
                                                     "at the bank",
                                                     i, buyers.at_the_bank()),
                                         workers));
    }
    // All the others are held: what has been answered was answered at once.
    const int admitted = buyers.at_the_bank();
    EXPECT(admitted < workers,
           fmt::format("The shop has {} workers, and {} wait for the bank.", workers, admitted));
    EXPECT(admitted >= workers / 2,
           fmt::format("The shop has {} workers, and turns customers away while {} are at the "
                       "bank: more than half of it has nothing to do.",
                       workers, admitted));
    for (const Reply& reply : buyers.replies()) expect_told_to_come_again(reply);
    expect_watched(shop, fmt::format("{} customers are at the bank", admitted));
    // "At once" is many in the time that a test has for one;
    // and however patient it is, not one a second.
    constexpr int late = 20;
    int told = 0;
    shop.bank().decline("late", Step::charge);
    const auto time = std::min(support::patience(), std::chrono::seconds(late / 2));
    for (const auto deadline = std::chrono::steady_clock::now() + time;
         told < late && std::chrono::steady_clock::now() < deadline; ++told) {
        Customer customer = shop.customer("late");
        const Pending order = customer.starts_to_order(shop::teapot, 1);
        if (!await([&] { return order.is_answered(); })) break;
    }
    EXPECT(told == late,
           fmt::format("The shop is full. {} more have come, one after the other, and {} of them "
                       "were told so: each had to wait for it, and with her waited a worker.",
                       late, told));

    int served = 0;
    for (const Reply& reply : buyers.are_served()) served += reply.status == 201 ? 1 : 0;
    EXPECT(served == admitted,
           fmt::format("{} customers were at the bank, and {} got what they paid for.", admitted,
                       served));
    for (std::size_t i = 0; i < crowd; ++i) {
        if (shop.bank().charges_of(name(static_cast<int>(i))) > 0) continue;
        const Reply again = persist([&] { return buyers[i].starts_to_order(shop::teapot, 1); });
        EXPECT(again.status == 201,
               fmt::format("She was told to come again. Everybody has gone since, and she was told "
                           "\"{}\".",
                           again.told()));
    }
    EXPECT(shop.stock(shop::teapot) == 1000 - crowd,
           "Twelve customers have bought a teapot each. The stock says something else.");
}

TEST_CASE("A hundred idle customers do not stop the next one", "[pitfall]") {
    PooledShop shop(workers);
    shop.bank().decline("declined", Step::charge);
    RawClient first(shop.port());
    first.sends("GET /items/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    first.reads_until("}}");
    const bool may_keep_alive = first.received().find("Connection: close") == std::string::npos;
    const auto has_her_reply = std::chrono::steady_clock::now();

    // Each has her reply, and stays connected if she may.
    std::vector<Customer> idle;
    int staying = 0;
    for (int i = 0; i < 100; ++i) {
        idle.push_back(shop.customer(i % 6 == 5 ? "declined" : name(i)));
        Customer& customer = idle.back();
        const std::vector<std::string> paths = {"/items/1", "/items/77", "/healthz", "/favicon.ico",
                                                "/metrics"};
        const Reply reply = persist([&] {
            return i % 6 == 5 ? customer.starts_to_order(shop::teapot, 1)
                              : customer.starts_to_get(paths[static_cast<std::size_t>(i % 6)]);
        });
        NEED(reply.status != 0,
             fmt::format("{} customers have their replies and do nothing but stay connected. The "
                         "next one gets no answer: each of them has one of the {} workers.",
                         i + 1, workers));
        NEED(reply.status != 503,
             fmt::format("{} customers have their replies and do nothing but stay connected. The "
                         "next one is turned away.",
                         i + 1));
        if (header(reply, "connection") != "close") ++staying;
        // So long it takes only if the test is held up.
        const bool is_soon = std::chrono::steady_clock::now() - has_her_reply < idle_time;
        if (i == 2 * workers && may_keep_alive && is_soon) {
            EXPECT(!first.is_hung_up_on(),
                   "The first customer was told that she may stay. Then others came, and the shop "
                   "hung up on her.");
        }
    }

    EXPECT(staying <= 4 * workers,
           fmt::format("The shop was told to have {} workers. Of a hundred customers {} were let "
                       "stay, each with a thread: more threads only move the limit.",
                       workers, staying));
    expect_watched(shop, "A hundred customers have stayed connected");
    Customer next = shop.customer("next");
    const Reply item = persist_in_getting(next, "/items/1");
    EXPECT(item.status == 200,
           fmt::format("A hundred customers do nothing but stay connected. The next one wants to "
                       "see a teapot, and is told \"{}\".",
                       item.told()));
    const Reply order = persist([&] { return next.starts_to_order(shop::teapot, 1); });
    EXPECT(order.status == 201,
           fmt::format("A hundred customers do nothing but stay connected. The next one wants to "
                       "buy, and is told \"{}\".",
                       order.told()));
}

TEST_CASE("Idle customers and those at the bank leave a worker free between them", "[pitfall]") {
    const std::vector<std::pair<int, int>> days = {{2, 1},
                                                   {2, 2},
                                                   {4, 3},
                                                   {4, 4},
                                                   {workers, 1},
                                                   {workers, workers / 2},
                                                   {workers, workers},
                                                   {workers, 2 * workers}};
    for (const auto& [worker_count, staying] : days) {
        PooledShop shop(worker_count);
        std::vector<Customer> idle;
        for (int i = 0; i < staying; ++i) {
            idle.push_back(shop.customer("idle"));
            NEED(persist_in_getting(idle.back(), "/items/1").status == 200,
                 nobody_tells(fmt::format("{} customers do nothing but stay connected", i),
                              worker_count));
        }
        Customer buyer = shop.customer("buyer");
        Held bank = shop.bank().hold("buyer", Step::charge);
        const bool gets_there = persist_in_ordering(shop, buyer, "buyer");
        NEED(gets_there,
             fmt::format("The shop has {} workers. {} customers do nothing but stay connected, and "
                         "nobody can order.",
                         worker_count, staying));
        Buyers buyers(shop);
        for (int i = 1; i < worker_count; ++i) {
            NEED(buyers.send(),
                 nobody_tells(fmt::format("Customers who only stay connected: {}; customers at the "
                                          "bank: {}",
                                          staying, i),
                              worker_count));
        }
        expect_watched(shop, fmt::format("Customers who only stay connected: {}; customers at the "
                                         "bank: {}",
                                         staying, buyers.at_the_bank() + 1));
    }
}

TEST_CASE("A customer who has stayed and then orders counts like the others", "[pitfall]") {
    PooledShop shop(workers);
    shop.database().run("UPDATE items SET stock = 1000 WHERE id = 1");
    std::vector<Customer> customers;
    std::vector<Held> banks;
    std::vector<Pending> orders;
    const auto at_the_bank = [&] {
        return std::count_if(orders.begin(), orders.end(),
                             [](const Pending& order) { return !order.is_answered(); });
    };
    for (int i = 0; i < crowd; ++i) {
        customers.push_back(shop.customer(name(i)));
        banks.push_back(shop.bank().hold(name(i), Step::charge));
        const std::string meanwhile = fmt::format(
            "Customers who looked, stayed connected if they might, and are at the bank "
            "now: {}",
            at_the_bank());
        NEED(reply_to(customers.back().starts_to_get("/items/1")).status != 0,
             nobody_tells(meanwhile, workers));
        orders.push_back(customers.back().starts_to_order(shop::teapot, 1));
        NEED(await([&] {
                 return orders.back().is_answered() || shop.bank().asked(name(i), Step::charge) > 0;
             }),
             nobody_tells(meanwhile, workers));
    }
    expect_watched(shop,
                   fmt::format("{} customers who looked before are at the bank", at_the_bank()));
    EXPECT(
        at_the_bank() >= workers / 2,
        fmt::format("The shop has {} workers, and turns customers away while {} are at the bank.",
                    workers, at_the_bank()));
}

TEST_CASE("The shop says that it is alive while no connection is free", "[pitfall]") {
    for (const std::string wish :
         {"to look", "to look at an order", "to look at a review", "to say", "to buy"}) {
        const TestClock clock;  // nobody waits too long
        ConnectInterceptor connects;
        PooledShop shop(workers);
        shop.database().run("UPDATE items SET stock = 1000 WHERE id = 1");
        shop.database().run("INSERT INTO orders (item_id, quantity, card) VALUES (1, 1, 'carol')");
        shop.database().run("INSERT INTO reviews (item_id, text) VALUES (1, 'Pours well.')");
        std::vector<HeldConnect> held;
        for (int i = 0; i < connections; ++i) held.push_back(connects.hold_next());
        std::vector<Customer> customers;
        std::vector<Pending> requests;
        const auto answered = [&] {
            return std::count_if(requests.begin(), requests.end(),
                                 [](const Pending& request) { return request.is_answered(); });
        };
        for (int i = 0; i < crowd; ++i) {
            customers.push_back(shop.customer(name(i)));
            Customer& customer = customers.back();
            requests.push_back(
                wish == "to look"               ? customer.starts_to_get("/items/1")
                : wish == "to look at an order" ? customer.starts_to_get("/orders/1")
                : wish == "to look at a review" ? customer.starts_to_get("/reviews/1")
                : wish == "to say" ? customer.starts_to_review(shop::teapot, "Pours well.")
                                   : customer.starts_to_order(shop::teapot, 1));
            NEED(await([&] { return static_cast<int>(shop.ledger().requests().size()) > i; }),
                 nobody_tells(
                     fmt::format("All four connections are taken, and {} customers wait for one {}",
                                 std::max(0, i - connections), wish),
                     workers));
        }
        const bool is_one_left = await([&] { return answered() > crowd - workers; });
        NEED(is_one_left,
             fmt::format(
                 "The shop has {} workers and four connections. {} customers have come, all at the "
                 "same time, and {} were told to come again: who is free now?",
                 workers, crowd, answered()));
        expect_watched(shop, "All four connections are taken");
        // A customer without an answer has a connection, or waits for one:
        // then all the others have theirs.
        Customer monitoring = shop.customer("monitoring");
        const bool is_settled = await([&] {
            const Reply metrics = reply_to(monitoring.starts_to_get("/metrics"));
            return metric(metrics, "pool_in_use") + metric(metrics, "pool_waiting") ==
                   static_cast<double>(crowd - answered());
        });
        EXPECT(
            is_settled,
            "Some customers neither have a connection, nor wait for one, nor were told anything.");
        const auto waiting = crowd - answered();
        EXPECT(waiting >= workers / 2,
               fmt::format(
                   "The shop has {} workers and four connections. {} customers have come, and only "
                   "{} were let in.",
                   workers, crowd, waiting));
        for (const Pending& request : requests) {
            if (request.is_answered()) expect_told_to_come_again(request.reply());
        }

        for (HeldConnect& connect : held) connect.succeed();
        auto served = 0;
        for (const Pending& request : requests) served += request.reply().status / 100 == 2 ? 1 : 0;
        EXPECT(served == waiting,
               fmt::format("{} customers were let in. Connections came free, and {} of them were "
                           "served: a customer who waits already is not sent away.",
                           waiting, served));
    }
}

TEST_CASE("Those at the bank and those without a connection leave a worker free between them",
          "[pitfall]") {
    const TestClock clock;  // nobody waits too long
    PooledShop shop(workers);
    Buyers buyers(shop);
    for (int i = 0; i < workers / 2; ++i) {
        NEED(buyers.send(), nobody_tells(fmt::format("Customers at the bank: {}", i), workers));
    }
    std::vector<Customer> customers;
    std::vector<Pending> lookups;
    const SlowLookups slow(shop.ledger());
    for (int i = 0; i < crowd; ++i) {
        customers.push_back(shop.customer(name(i)));
        lookups.push_back(customers.back().starts_to_get("/items/1"));
        NEED(await([&] {
                 return static_cast<int>(shop.ledger().requests().size()) > workers / 2 + i;
             }),
             nobody_tells(fmt::format("Customers at the bank: {}; customers who have a connection, "
                                      "or wait for one: {}",
                                      buyers.at_the_bank(), i),
                          workers));
    }
    expect_watched(shop, fmt::format("Customers at the bank: {}; all others have a connection, or "
                                     "wait for one",
                                     buyers.at_the_bank()));
}

TEST_CASE("A customer who found the shop full is let in when the others have gone") {
    std::mutex mutex;
    std::set<std::thread::id> have_refused;
    PooledShop shop(2);
    shop.before_each_reply([&](int status) {
        const std::lock_guard lock(mutex);
        if (status == 503) have_refused.insert(std::this_thread::get_id());
    });
    const auto refused = [&] {
        const std::lock_guard lock(mutex);
        return have_refused.size();
    };
    // Which worker is the last free one is not for a test to say: soon each has been.
    for (int round = 0; round < 50 && refused() < 2; ++round) {
        RawClient slow(shop.port());
        slow.sends("GET /healthz HTTP/1.1\r\nHo");
        Customer last = shop.customer("last");
        const Pending lookup = last.starts_to_get("/items/1");
        static_cast<void>(lookup.is_answered_within(std::chrono::milliseconds(20)));
    }
    Customer bob = shop.customer("bob");
    const Reply reply = persist_in_getting(bob, "/items/1");
    EXPECT(reply.status == 200,
           fmt::format("The shop was full again and again, and turned customers away. All have "
                       "gone since, and the next one is told \"{}\".",
                       reply.told()));
}

TEST_CASE("A customer who waits for a connection gets it") {
    const TestClock clock;
    ConnectInterceptor connects;
    PooledShop shop(2 * workers);
    Customer monitoring = shop.customer("monitoring");
    std::vector<HeldConnect> held;
    std::vector<Customer> customers;
    std::vector<Pending> lookups;
    for (int i = 0; i < connections; ++i) {
        held.push_back(connects.hold_next());
        customers.push_back(shop.customer(name(i)));
        lookups.push_back(customers.back().starts_to_get("/items/1"));
        NEED(held.back().is_tried(), "There are four connections, and one of them was not opened.");
    }
    customers.push_back(shop.customer("fifth"));
    lookups.push_back(customers.back().starts_to_get("/items/1"));
    NEED(
        await_metric(monitoring, "pool_waiting", 1),
        "Four connections are taken, and the fifth customer was not let wait for one, although ten "
        "of sixteen workers are free.");
    for (HeldConnect& connect : held) connect.succeed();
    for (const Pending& lookup : lookups) CHECK(lookup.reply().status == 200);
}

TEST_CASE("Asked whether it is alive, the shop asks for no connection") {
    PooledShop shop(workers);
    Customer orchestrator = shop.customer("orchestrator");
    for (int i = 0; i < 3; ++i) {
        const Reply health = orchestrator.gets("/healthz");
        CHECK(health.status == 200);
        EXPECT(
            health.body == "ok\n",
            fmt::format("GET /healthz has always said \"ok\", and now says \"{}\".", health.body));
    }
    EXPECT(shop.ledger().opened_connections() == 0,
           "GET /healthz opened a connection. A request that asks for one waits when there is "
           "none, and then the shop passes for dead.");
}

TEST_CASE("On a quiet day a customer keeps her connection") {
    PooledShop shop(workers);
    RawClient customer(shop.port());
    for (int i = 1; i <= 20; ++i) {
        customer.turns_the_page();
        customer.sends("GET /items/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        customer.reads_until("}}");
        NEED(customer.received().find(" 200 OK") != std::string::npos,
             fmt::format("She is the shop's only customer, and her request number {} on one "
                         "connection was not answered.",
                         i));
        NEED(customer.received().find("Connection: close") == std::string::npos,
             fmt::format("She is the shop's only customer, and was sent away after request number "
                         "{}: every request now costs her a new connection.",
                         i));
    }
}

TEST_CASE("A customer on a slow line is waited for") {
    PooledShop shop(workers);
    Customer other = shop.customer("other");
    const auto a_while = [&] {
        for (int i = 0; i < 20; ++i) CHECK(other.gets("/items/1").status == 200);
    };
    RawClient slow(shop.port());
    a_while();
    slow.sends("GET /items/1 HTTP/1.1\r\nHo");
    a_while();
    slow.sends("st: 127.0.0.1\r\n\r\n");
    slow.reads_until("}}");
    EXPECT(slow.received().find(" 200 OK") != std::string::npos,
           "A customer connected, and took her time to say what she wants. The shop hung up.");
    // What the shop says about it itself, because no test waits for it.
    const std::string seconds = header(other.gets("/healthz"), "keep-alive");
    if (const std::size_t at = seconds.find("timeout="); at != std::string::npos) {
        EXPECT(
            leading_number(seconds.substr(at + 8)) >= 2,
            fmt::format("The shop says \"Keep-Alive: {}\". For as long it waits also for a first "
                        "request, and one over a bad line takes longer than that.",
                        seconds));
    }
}

TEST_CASE("After a bad day as many are let in as before") {
    PooledShop shop(workers);
    const auto expect_told = [](const Reply& reply, int status) {
        NEED(reply.status == status,
             fmt::format("She had to be told {}, and was told \"{}\". Everybody who has come today "
                         "was served or sent away, and has gone: who has their places?",
                         status, reply.told()));
    };
    // Each as often as there are workers: what is lost once a time is lost for all of them.
    for (int i = 0; i < workers; ++i) {
        const std::string gone = fmt::format("gone{}", i);
        Held bank = shop.bank().hold(gone, Step::charge);
        const std::string order = fmt::format(R"({{"item_id":1,"quantity":1,"card":"{}"}})", gone);
        RawClient customer(shop.port());
        customer.sends(
            fmt::format("POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}"
                        "\r\n\r\n{}",
                        order.size(), order));
        NEED(bank.is_asked(),
             fmt::format("{} customers ordered and hung up. The next one does not get to the bank.",
                         i));
        customer.hangs_up();
        bank.accept();
        // Until the shop is done with her: as long she has a worker.
        static_cast<void>(support::await_stillness([&] { return shop.bank().charges_of(gone); }));
    }
    shop.bank().decline("declined", Step::charge);
    shop.bank().fail("failing", Step::charge);
    shop.bank().fail("odd", Step::charge, std::make_exception_ptr(42));
    // What the bank does not answer stays reserved.
    shop.database().run("UPDATE items SET stock = 100 WHERE id = 2");
    for (int i = 0; i < workers; ++i) {
        const auto orders = [&](const std::string& card, shop::Id item, int expected) {
            Customer customer = shop.customer(card);
            expect_told(persist([&] { return customer.starts_to_order(item, 1); }), expected);
        };
        Customer bob = shop.customer("bob");
        expect_told(persist_in_getting(bob, "/items/77"), 404);
        expect_told(persist([&] { return bob.starts_to_post("/orders", "a teapot, please"); }),
                    400);
        expect_told(persist([&] { return bob.starts_to_review(77, "Where is it?"); }), 404);
        orders("bob", 77, 404);
        orders("bob", shop::samovar, 409);
        orders("declined", shop::kettle, 402);
        orders("failing", shop::kettle, 504);
        orders("odd", shop::kettle, 500);
    }
    std::vector<Customer> customers;
    std::vector<Held> banks;
    shop.database().run("UPDATE items SET stock = 10 WHERE id = 1");
    for (int i = 0; i < workers / 2; ++i) {
        customers.push_back(shop.customer(name(i)));
        banks.push_back(shop.bank().hold(name(i), Step::charge));
        const bool gets_there = persist_in_ordering(shop, customers.back(), name(i));
        NEED(
            gets_there,
            fmt::format("Many orders have come to nothing today, and those customers have gone. {} "
                        "are at the bank, and the next one does not get there: somebody's place "
                        "was never given back.",
                        i));
    }
}

TEST_CASE("Every customer is told why, and no connection is left behind") {
    PooledShop shop(workers);
    {
        Customer bob = shop.customer("bob");
        const auto expect_told = [](const Reply& reply, const std::string& why) {
            EXPECT(
                reply.told() == why,
                fmt::format("Bob had to be told \"{}\", and was told \"{}\".", why, reply.told()));
        };
        expect_told(bob.gets("/items/77"), "404 no such item");
        expect_told(bob.gets("/orders/77"), "404 no such order");
        expect_told(bob.gets("/favicon.ico"), "404 no such page");
        expect_told(bob.orders(77, 1), "404 no such item");
        expect_told(bob.orders(shop::samovar, 1), "409 sold out");
        expect_told(bob.posts("/orders", "a teapot, please"), "400 the body is not JSON");
        const Reply order = bob.orders(shop::teapot, 2);
        CHECK(order.status == 201);
        CHECK(bob.gets(order.location).number("/order/quantity") == 2);
        const Reply review = bob.reviews(shop::teapot, "Pours well.");
        CHECK(review.status == 201);
        CHECK(bob.gets(review.location).text("/review/text") == "Pours well.");
        CHECK(bob.gets("/items/1").number("/item/stock") == 8);
        shop.bank().decline("bob", Step::charge);
        expect_told(bob.orders(shop::teapot, 1), "402 payment declined");
    }
    CHECK(shop.database().number("SELECT count(*) FROM audits WHERE outcome = 'paid'") == 1);
    shop.close();
    EXPECT(shop.ledger().open_connections() == 0,
           "The shop is closed, and a connection on its database is still open.");
}
