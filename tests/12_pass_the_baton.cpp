// 12 pass the baton: a holder that lets go of a place in the pool, for any reason, hands it to the
// one who has waited longest.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "12_pass_the_baton/counter.hpp"
#include "shop/refusal.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/connect_interceptor.hpp"
#include "support/fake_pool.hpp"
#include "support/gate.hpp"
#include "support/halt.hpp"
#include "support/meanwhile.hpp"
#include "support/metrics.hpp"
#include "support/patience.hpp"
#include "support/running_shop.hpp"
#include "support/test_clock.hpp"

using namespace pool_tests;
using namespace std::chrono_literals;
using support::await;
using support::CannotConnect;
using support::ConnectInterceptor;
using support::Customer;
using support::FakePool;
using support::Halt;
using support::Meanwhile;
using support::Pending;
using support::PooledShop;
using support::PoolStats;
using support::Reply;
using support::TestClock;

namespace {

constexpr int rounds = 40;

// How long a test looks whether something happens that must not, and of which it cannot know when
// it should have happened.
constexpr std::chrono::milliseconds a_moment(100);

// So many customers come in the same moment. None of them waits, and none leaves before the others
// have a connection, too, or none.
constexpr int crowd = 4;
void come_at_once(Counter& counter) {
    support::Barrier all_come(crowd);
    support::Barrier all_have(crowd);
    const auto takes = [&] {
        static_cast<void>(all_come.arrive_and_wait());
        std::optional<FakePool::Lease> lease;
        try {
            lease.emplace(counter.pool.acquire("a customer", 0s));
        } catch (const std::exception&) {  // the count says so
        }
        static_cast<void>(all_have.arrive_and_wait());
    };
    const Meanwhile first(takes);
    const Meanwhile second(takes);
    const Meanwhile third(takes);
    takes();
}

}  // namespace

// Who is next.

TEST_CASE("Those who wait are served in the order in which they came", "[pitfall][stage 2]") {
    for (int round = 0; round < rounds; ++round) {
        // What a customer wants, how little time she has left, and how long the line is: none of it
        // gives anybody the right to go first.
        std::vector<std::string> came = {"Alice", "Bob", "Carol", "Dave"};
        if (round % 5 == 4) came = {"POST /orders", "GET /items", "POST /reviews", "GET /orders"};
        const bool is_long = round == rounds - 2;
        for (int i = 5; is_long && i <= 20; ++i) came.push_back(fmt::format("customer {}", i));
        const std::string people = is_long ? "Twenty customers" : "Four customers";
        const bool is_in_a_hurry = round % 3 == 2;  // the later, the more
        Counter counter({.max_connections = 1});
        std::vector<Lease> taken = counter.take_all();
        taken.front()->is_broken = round % 2 == 1;
        std::vector<Shopper*> shoppers;
        for (const std::string& name : came) {
            const int n = static_cast<int>(shoppers.size()) + 1;
            ShopperOptions options{.oversleeps = true, .breaks = round % 4 > 1};
            if (is_in_a_hurry) options.max_wait = std::chrono::hours(24 - n);
            shoppers.push_back(&counter.queues(name, n, options));
        }
        taken.clear();
        for (auto shopper = shoppers.rbegin(); shopper != shoppers.rend(); ++shopper) {
            NEED((*shopper)->wakes(), (*shopper)->name + " was woken, and does nothing.");
        }
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over,
             fmt::format("{} waited for one connection. It came back, and {} were served: {}.",
                         people, fmt::join(counter.order(), ", "), counter.where_it_stands()));
        NEED(counter.order() == came,
             fmt::format("{} waited for one connection, and came in the order {}. The last to come "
                         "woke up first{}. They were served in the order {}.",
                         people, fmt::join(came, ", "),
                         is_in_a_hurry ? ", and had the least time left" : "",
                         fmt::join(counter.order(), ", ")));
        counter.expect_in_order(people + " waited for one connection.");
    }
}

TEST_CASE("Nobody overtakes those who wait", "[pitfall][stage 2]") {
    for (int round = 0; round < rounds; ++round) {
        const int places = 1 + round % 2;
        Counter counter({.max_connections = places, .max_age = 10ms});
        std::vector<Lease> taken = counter.take_all();
        taken.back()->is_broken = round % 4 > 1;
        Shopper& alice = counter.queues("Alice", 1, {.oversleeps = true, .stays = true});
        if (round % 3 == 2) counter.clock.advance(10ms);  // what comes back is too old
        taken.pop_back();
        {
            const std::optional<Lease> newcomer = counter.get("Bob");
            NEED(!newcomer,
                 "Alice waits for a connection. One came back, and before she had opened her eyes "
                 "Bob, who came after her and had no time to wait, went off with it. On a busy day "
                 "there is always a Bob.");
        }
        const PoolStats now = counter.pool.stats();
        EXPECT(now.in_use + now.waiting <= places,
               fmt::format("A connection came back for Alice, and she counts twice: of {} in the "
                           "shop {} have a connection and {} wait, by the pool's account.",
                           places, now.in_use, now.waiting));
        NEED(alice.wakes(), "Alice was woken, and does nothing.");
        const bool is_served = await([&] { return alice.connection != 0; });
        NEED(is_served,
             "A connection came back for Alice, a newcomer was turned away, and she has not got "
             "it: " +
                 counter.where_it_stands() + ".");
        alice.may_leave.open();
        NEED(await([&] { return bool(alice.is_over); }), "Alice was served, and does not leave.");
        taken.clear();
        counter.expect_in_order("A customer waited, and was served.");
    }
}

// When no connection can be opened.

TEST_CASE("A connect that fails gives its place back", "[pitfall][stage 1]") {
    Counter counter({.max_connections = 2});
    counter.plan.always(failing().thrown);
    for (int customer = 1; customer <= 12; ++customer) {
        std::string told = "nothing";
        try {
            if (!counter.get("a customer")) told = "that the pool is exhausted";
        } catch (const CannotConnect&) {
            told = "that the database cannot be opened";
        } catch (...) {
            told = "something else than what the connect threw";
        }
        NEED(counter.database.attempts() <= customer,
             fmt::format("The database is away. {} customers came, and {} times somebody tried to "
                         "connect. One attempt each: they can come again, and meanwhile the "
                         "next one has the place.",
                         customer, counter.database.attempts()));
        NEED(told == "that the database cannot be opened",
             fmt::format("The database is away, and the pool has two places. Customer {} of 12, "
                         "one after the other, was told {}. The pool says that {} places are in "
                         "use, and nobody has a connection.",
                         customer, told, counter.pool.stats().in_use));
    }
    EXPECT(counter.pool.stats().acquired == 12,
           fmt::format("Twelve customers had their turn, in which the connect failed. The pool has "
                       "counted {} turns.",
                       counter.pool.stats().acquired));
    EXPECT(counter.pool.stats().dirty_returns.empty(),
           "No connection was ever opened, and by the pool's account somebody has left one dirty.");
    EXPECT(counter.pool.stats().discarded == 0,
           "No connection was ever opened, and by the pool's account one was discarded.");
    counter.plan.mend();
    counter.expect_in_order("The database was away, and is back.");
}

TEST_CASE("A failed connect gives its place back, no matter what it throws", "[pitfall][stage 1]") {
    struct Strange {};
    const auto expect_passed_on = [](const std::string& what, const auto& thrown) {
        Counter counter({.max_connections = 1});
        counter.plan.next({std::make_exception_ptr(thrown), nullptr});
        std::string told = "nothing of it";
        try {
            static_cast<void>(counter.get("Alice"));
        } catch (const std::remove_cvref_t<decltype(thrown)>&) {
            told = "that";
        } catch (...) {
            told = "something else";
        }
        EXPECT(told == "that",
               fmt::format("A connect threw {}, and Alice was told {}.", what, told));
        counter.expect_in_order(fmt::format("A connect threw {}.", what));
    };
    expect_passed_on("an int", 42);
    expect_passed_on("a text", static_cast<const char*>("unable to open database file"));
    expect_passed_on("something of nobody's", Strange{});
    expect_passed_on("std::bad_alloc", std::bad_alloc());
    expect_passed_on("a shop::Unavailable", shop::Unavailable("closed"));
}

TEST_CASE("A failed connect passes its place to the one who has waited longest",
          "[pitfall][stage 2]") {
    for (const bool oversleep : {true, false}) {
        Counter counter({.max_connections = 1});
        const auto halt = counter.make_halt();
        counter.plan.next({failing().thrown, halt});
        Shopper& alice = counter.comes("Alice");
        NEED(halt->is_reached(), "Alice came first, and does not connect.");
        Shopper& bob = counter.queues("Bob", 1, {.oversleeps = oversleep, .stays = oversleep});
        Shopper& carol = counter.queues("Carol", 2, {.oversleeps = oversleep});
        halt->let_go();
        NEED(await([&] { return bool(alice.is_over); }), "Alice cannot connect, and is not told.");
        EXPECT(alice.told == "failed", "Alice could not connect, and was told: " + alice.told);
        NEED(counter.ghost().empty(),
             "Alice's connect failed, and she was told. Bob and Carol wait, nobody has a "
             "connection, and the pool says that its only place is still in use, by Alice.");
        if (oversleep) {
            const bool is_dave_served = counter.get("Dave").has_value();
            NEED(
                !is_dave_served,
                "Alice's connect failed. Bob and Carol wait, and Dave, who came last, was served.");
            NEED(carol.wakes(), "Carol was woken, and does nothing.");
            NEED(bob.wakes(), "Bob was woken, and does nothing.");
            bob.may_leave.open();
        }
        NEED(
            counter.await_all_over(),
            fmt::format(
                "Alice's connect failed, and Bob and Carol waited. {} of them were served: {}. The place that she gave back has woken nobody.",
                counter.told("served"), counter.where_it_stands()));
        NEED(counter.order() == std::vector<std::string>({"Bob", "Carol"}),
             fmt::format("Bob waited longer than Carol, and they were served in the order {}.",
                         fmt::join(counter.order(), ", ")));
        counter.expect_in_order("A connect failed while others waited.");
    }
}

TEST_CASE("A failed connect's place is not lost on a waiter who is just giving up",
          "[pitfall][stage 1]") {
    for (const bool another : {true, false}) {
        Counter counter({.max_connections = 1});
        const auto halt = counter.make_halt();
        counter.plan.next({failing().thrown, halt});
        Shopper& alice = counter.comes("Alice");
        NEED(halt->is_reached(), "Alice came first, and does not connect.");
        Shopper& bob = counter.queues("Bob", 1, {.max_wait = 1s, .oversleeps = true});
        if (another) counter.queues("Carol", 2);
        counter.clock.advance(1s);
        halt->let_go();
        NEED(await([&] { return bool(alice.is_over); }), "Alice cannot connect, and is not told.");
        NEED(counter.ghost().empty(),
             "Bob's time is up, and before he has noticed Alice's connect fails. She was told, and "
             "the pool says that its only place is still in use, by her.");
        NEED(bob.wakes(), "Bob's time is up, and he does nothing.");
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over,
             fmt::format("Bob's time was up when Alice's connect failed. One of those who waited "
                         "should have her place, and {}.",
                         counter.where_it_stands()));
        counter.expect_in_order("A connect failed when a customer's time was just up.");
    }
}

TEST_CASE("Connects that fail at the same moment are all counted", "[pitfall][stage 1]") {
    Counter counter({.max_connections = crowd});
    counter.database.on_connect = [](int) {
        std::this_thread::yield();
        throw CannotConnect();
    };
    for (int round = 1; round <= 50; ++round) {
        come_at_once(counter);
        NEED(static_cast<int>(counter.pool.stats().failed) == crowd * round,
             fmt::format("The database is away, and four customers came at once{}. The pool says "
                         "that {} connects have failed.",
                         round == 1 ? "" : fmt::format(", {} times", round),
                         counter.pool.stats().failed));
    }
    counter.database.on_connect = [](int) {};
    counter.expect_in_order("Many connects have failed.");
}

TEST_CASE("A check that throws gives its place back", "[pitfall][stage 1]") {
    std::atomic<bool> throws{false};
    Counter counter({.max_connections = 1});
    counter.database.is_good = [&](int) {
        if (throws) throw 7;
        return true;
    };
    counter.take_all();
    throws = true;
    for (int customer = 1; customer <= 3; ++customer) {
        bool is_exhausted = false;
        try {
            is_exhausted = !counter.get("a customer");
        } catch (...) {  // or a connection that was opened anew
        }
        NEED(!is_exhausted,
             fmt::format("A connection is idle, and the check whether it is still good throws. "
                         "Customer {} was told that the pool is exhausted, and nobody has a "
                         "connection.",
                         customer));
    }
    throws = false;
    counter.expect_all_places_free("The check of an idle connection threw.");
}

TEST_CASE("A connection whose check throws is not kept", "[pitfall][stage 1]") {
    Counter counter({.max_connections = 1});
    counter.take_all().front()->check_throws = true;
    std::vector<std::string> told;
    for (int customer = 1; customer <= 3; ++customer) {
        try {
            const std::optional<Lease> lease = counter.get("a customer");
            told.push_back(lease ? fmt::format("served, with connection {}", (*lease)->number)
                                 : "told that the pool is exhausted");
        } catch (...) {
            told.emplace_back("told what the check threw");
        }
    }
    NEED((told[1] == "served, with connection 2" && told[2] == told[1]),
         fmt::format("One connection is idle, and whenever it is checked the check throws. Three "
                     "customers came, one after the other. They were: {}. At the latest the second "
                     "should have another connection.",
                     fmt::join(told, "; ")));
    EXPECT(counter.pool.stats().discarded == 1,
           fmt::format("One connection was no good and was closed, and the pool says that it has "
                       "discarded {}.",
                       counter.pool.stats().discarded));
    EXPECT(
        counter.pool.stats().failed == 0,
        fmt::format("Every connect succeeded, and the pool has counted connects that failed: {}. "
                    "It was the check of an idle connection that threw.",
                    counter.pool.stats().failed));
    counter.expect_all_places_free("The check of one idle connection threw.");
}

TEST_CASE("A place is not lost with a connection that is no good", "[pitfall][stage 1]") {
    for (const std::string why : {"leads nowhere", "cannot be checked", "is too old"}) {
        for (const bool waits : {false, true}) {
            if (waits && why == "is too old") continue;  // it is closed as it comes back
            for (const bool is_away : {true, false}) {
                Counter counter({.max_connections = 1, .max_age = 10min});
                std::vector<Lease> taken = counter.take_all();
                taken.front()->is_stale = why == "leads nowhere";
                taken.front()->check_throws = why == "cannot be checked";
                if (is_away) counter.plan.next(failing());
                Shopper* const waiter = waits ? &counter.queues("Alice", 1) : nullptr;
                taken.clear();
                if (why == "is too old") counter.clock.advance(10min);
                const Shopper& alice = waits ? *waiter : counter.comes("Alice");
                const bool are_all_over = counter.await_all_over();
                const std::string story =
                    fmt::format("{}. It {}, and {} be opened.",
                                waits ? "Alice waited for a connection, and one came back for her"
                                      : "A connection is idle, and Alice comes for it",
                                why, is_away ? "no other can" : "another can");
                NEED(are_all_over,
                     fmt::format("{} She is not told, and {}.", story, counter.where_it_stands()));
                NEED(counter.ghost().empty(),
                     story +
                         " She was told, and the pool says that its only place is still in use, by "
                         "her.");
                NEED(alice.told == (is_away ? "failed" : "served"),
                     fmt::format("{} She was told: {}.", story, alice.told));
                EXPECT((is_away || alice.connection == 2),
                       fmt::format("{} She was lent connection {}.", story, int(alice.connection)));
                EXPECT(counter.pool.stats().discarded == 1,
                       fmt::format("{} The pool says that it has discarded {}.", story,
                                   counter.pool.stats().discarded));
                counter.expect_in_order(story);
            }
        }
    }
}

// Four customers, and each of them is served, or cannot connect, or takes long to connect, or has
// no more time: all 256 combinations, with one place and with two. Each who leaves leaves a
// connection that is no good, so that the next one has to connect.
TEST_CASE("No place is lost, no matter what becomes of four customers", "[pitfall][stage 2]") {
    enum class Fate { served, fails, held, times_out };
    const std::array<std::string, 4> in_words = {"is served", "cannot connect", "connects slowly",
                                                 "runs out of time"};
    const std::array<std::string, 4> names = {"Alice", "Bob", "Carol", "Dave"};
    std::string out_of_order;
    for (int combination = 0; combination < 2 * 256; ++combination) {
        const int places = 1 + combination / 256;
        Counter counter({.max_connections = places});
        std::string story =
            fmt::format("{} place{}, and they wait: ", places, places > 1 ? "s" : "");
        std::vector<Lease> taken = counter.take_all();
        for (const Lease& lease : taken) lease->is_broken = true;
        std::vector<std::shared_ptr<Halt>> halts;
        std::array<int, 4> counts{};
        std::vector<Shopper*> in_a_hurry;
        std::vector<std::string> to_be_served;
        for (std::size_t i = 0; i < names.size(); ++i) {
            const int digit = combination >> (2 * i) & 3;
            const Fate fate = static_cast<Fate>(digit);
            ++counts[static_cast<std::size_t>(digit)];
            story += fmt::format("{} {}{}", names[i], in_words[static_cast<std::size_t>(digit)],
                                 i + 1 < names.size() ? ", " : ".");
            Attempt attempt;
            if (fate == Fate::fails) attempt = failing();
            if (fate == Fate::held) attempt.halt = halts.emplace_back(counter.make_halt());
            ShopperOptions options{.breaks = true};
            if (fate == Fate::times_out) options.max_wait = 1ms;
            if (fate != Fate::times_out) counter.plan.next(std::move(attempt));
            if (fate == Fate::served || fate == Fate::held) to_be_served.push_back(names[i]);
            Shopper& shopper = counter.comes(names[i], options);
            if (fate == Fate::times_out) in_a_hurry.push_back(&shopper);
            const bool is_waiting = await([&] {
                int waiting = static_cast<int>(i) + 1;
                for (Shopper* each : in_a_hurry) waiting -= each->is_over ? 1 : 0;
                return counter.pool.stats().waiting == waiting;
            });
            NEED(is_waiting,
                 fmt::format("{} {} waits, and {}.", story, names[i], counter.where_it_stands()));
        }
        counter.clock.advance(1ms);
        NEED(await([&] {
                 return std::ranges::all_of(in_a_hurry,
                                            [](Shopper* s) { return bool(s->is_over); });
             }),
             story + " One who has no more time has not been told.");
        counter.need_no_ghost_waiting();
        taken.clear();
        NEED(std::ranges::none_of(halts, [](const auto& halt) { return halt->was_in_vain(); }),
             story + " A customer who gave back a connection opened one for a waiter.");
        for (const auto& halt : halts) {
            const bool is_connecting =
                await([&] { return halt->has_been_reached() || !counter.ghost().empty(); }) &&
                halt->has_been_reached();
            NEED(is_connecting, fmt::format("{} Not everybody gets so far as to connect: {}.",
                                            story, counter.where_it_stands()));
            NEED(counter.pool.stats().in_use >= 1,
                 story + " A connection that is being opened is in use.");
            const bool is_eve_served = places == 1 && counter.get("Eve").has_value();
            NEED(!is_eve_served, story + " And Eve was served before them.");
            halt->let_go();
        }
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over,
             fmt::format("{} Not everybody was told: {}.", story, counter.where_it_stands()));
        NEED((counter.told("served") == counts[0] + counts[2] &&
              counter.told("failed") == counts[1] && counter.told("exhausted") == counts[3]),
             fmt::format("{} {}", story, counter.what_they_were_told()));
        counter.expect_in_order(story);
        if (places == 1 && counter.order() != to_be_served && out_of_order.empty()) {
            out_of_order = fmt::format("{} They were served in the order {}.", story,
                                       fmt::join(counter.order(), ", "));
        }
    }
    EXPECT(out_of_order.empty(), out_of_order);
}

TEST_CASE("The database comes back and so does the shop", "[pitfall][stage 1]") {
    TestClock clock;
    ConnectInterceptor connects;
    PooledShop shop(16);
    Customer alice = shop.customer("alice");
    Customer observer = shop.customer("observer");
    // With all the time that the shop gives her.
    const auto asks = [&] {
        const Pending answer = alice.starts_to_get("/items/1");
        const bool is_settled = await([&] {
            return answer.is_answered() ||
                   support::metric(observer.gets("/metrics"), "pool_waiting") == 1;
        });
        static_cast<void>(is_settled);
        if (!answer.is_answered()) clock.advance(1h);
        return answer.reply();
    };
    constexpr int requests = 6;
    connects.fail_next(requests);
    for (int i = 1; i <= requests; ++i) {
        EXPECT(asks().status >= 500, "The database is away, and Alice was shown a teapot.");
    }
    connects.mend();
    const Reply reply = asks();
    NEED(reply.status == 200,
         fmt::format("The database was away for six requests. It is back, nobody else is in the "
                     "shop, and Alice is told \"{}\". The pool says that {} of its {} places are "
                     "in use.",
                     reply.told(), support::metric(observer.gets("/metrics"), "pool_in_use"),
                     support::metric(observer.gets("/metrics"), "pool_max")));
    EXPECT(alice.orders(shop::teapot, 1).status == 201,
           "The database is back, and nobody can buy.");
    EXPECT(shop.ledger().open_connections() <= 4, "The pool may have four connections.");
}

// What was right already.

TEST_CASE("A customer who has waited too long is told so, and leaves room for another") {
    Counter counter({.max_connections = 1, .max_waiting = 2});
    std::vector<Lease> taken = counter.take_all();
    for (int i = 1; i <= 3; ++i) {
        Shopper& alice = counter.queues("Alice", 1, {.max_wait = 1s});
        Shopper& bob = counter.queues("Bob", 2, {.max_wait = 2s});
        const bool is_carol_served = counter.get("Carol").has_value();
        EXPECT(!is_carol_served, "Two may wait, and a third was served.");
        EXPECT(static_cast<int>(counter.pool.stats().rejected) == i,
               "Two may wait, a third came, and the pool has not counted that it turned her away.");
        const int before = bob.sleep.looks;
        counter.clock.advance(1s);
        NEED(await([&] { return bool(alice.is_over); }),
             "Alice's time is up, and she is not told.");
        EXPECT(alice.told == "exhausted", "Alice's time was up, and she was told: " + alice.told);
        counter.need_no_ghost_waiting();
        // Bob was woken, too, for no reason, and sleeps again.
        static_cast<void>(
            await([&] { return before == 0 || bob.sleep.looks > before || bob.is_over; }));
        EXPECT(!bob.is_over,
               "Bob may wait for two seconds. After one of them he was woken for no reason, and "
               "was told that nobody has finished in time.");
        counter.clock.advance(1s);
        NEED(await([&] { return bool(bob.is_over); }),
             "Bob may wait for two seconds. After one of them he was woken for no reason. They are "
             "over, and he is not told.");
        EXPECT(static_cast<int>(counter.pool.stats().timeouts) == 2 * i,
               "The pool has not counted those whose time was up.");
        EXPECT(counter.pool.stats().waited == 0s,
               "Nobody who waited got a connection, and by the pool's account those who got one "
               "have waited. How long others wait in vain is another question.");
        counter.need_no_ghost_waiting();
    }
    taken.clear();
    counter.expect_in_order("Some have waited in vain.");
}

TEST_CASE("Where nobody may wait a free place is lent all the same") {
    Counter counter({.max_connections = 1, .max_waiting = 0});
    for (int i = 1; i <= 2; ++i) {  // with no connection in it, then with one
        const bool is_alice_served = counter.get("Alice").has_value();
        EXPECT(
            is_alice_served,
            "Nobody is in the shop, and Alice was turned away: the pool may let nobody wait. She "
            "need not wait.");
    }
    EXPECT(counter.pool.stats().rejected == 0,
           "The pool has counted that it turned somebody away, and had a place for everybody.");
    counter.expect_in_order("Nobody may wait, and nobody had to.");
}

TEST_CASE("A place that comes back at the last moment is not lost") {
    for (int variant = 0; variant < 4; ++variant) {
        const bool another = variant % 2 == 1;
        Counter counter({.max_connections = 1});
        std::vector<Lease> taken = counter.take_all();
        taken.front()->is_broken = variant > 1;
        Shopper& alice = counter.queues("Alice", 1, {.max_wait = 1s, .oversleeps = true});
        if (another) counter.queues("Bob", 2);
        counter.clock.advance(1s);
        taken.clear();
        NEED(alice.wakes(), "Alice's time is up, and she does nothing.");
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over,
             fmt::format("Alice's time was up, and before she had noticed a connection came back. "
                         "She was {}, the next one has to get it, and {}.",
                         alice.is_over ? alice.told : "not told", counter.where_it_stands()));
        EXPECT((!another || counter.told("served") >= 1),
               "A connection came back, and neither Alice nor Bob got it.");
        EXPECT(static_cast<int>(counter.pool.stats().timeouts) == counter.told("exhausted"),
               fmt::format("A connection came back when Alice's time was just up. {} The pool has "
                           "counted {} whose time was up.",
                           counter.what_they_were_told(), counter.pool.stats().timeouts));
        counter.expect_in_order("A connection came back when a customer's time was just up.");
    }
}

TEST_CASE("A waiter whose time is up leaves the others in line") {
    Counter counter({.max_connections = 1});
    std::vector<Lease> taken = counter.take_all();
    Shopper& first = counter.queues("GET /items", 1, {.max_wait = 1s});
    Shopper& second = counter.queues("GET /items", 2);
    counter.clock.advance(1s);
    NEED(await([&] { return bool(first.is_over); }),
         "A customer's time is up, and she is not told.");
    counter.need_no_ghost_waiting();
    taken.clear();
    NEED(await([&] { return bool(second.is_over); }),
         "Two customers waited, both for GET /items. The time of one was up. A connection came "
         "back, and the other is not told: " +
             counter.where_it_stands() + ".");
    EXPECT(second.told == "served", "She was told: " + second.told);
    counter.expect_in_order("Two of the same name have waited.");
}

TEST_CASE("Opening a connection takes as long as it takes") {
    enum class Comes { to_a_free_place, to_a_good_one, to_a_bad_one, when_none_is_free };
    for (const Comes comes : {Comes::to_a_free_place, Comes::to_a_good_one, Comes::to_a_bad_one,
                              Comes::when_none_is_free}) {
        for (const shop::Clock::duration max_wait :
             {shop::Clock::duration(2s), shop::Clock::duration(0s)}) {
            const bool waits = comes == Comes::when_none_is_free;
            const bool is_idle = comes == Comes::to_a_good_one || comes == Comes::to_a_bad_one;
            if (waits && max_wait == 0s) continue;
            Counter counter({.max_connections = 1});
            const auto halt = counter.make_halt();
            std::vector<Lease> taken;
            if (comes != Comes::to_a_free_place) {
                taken = counter.take_all();
                if (waits) taken.front()->is_broken = true;
                if (!waits) taken.front()->on_check = halt;
                taken.front()->is_stale = comes == Comes::to_a_bad_one;
            }
            if (!is_idle) counter.plan.next({nullptr, halt});
            if (!waits) taken.clear();
            Shopper& alice = waits ? counter.queues("Alice", 1, {.max_wait = max_wait})
                                   : counter.comes("Alice", {.max_wait = max_wait});
            counter.clock.advance(waits ? 1s : 0s);
            taken.clear();
            const std::string what = is_idle ? "checked" : "opened";
            NEED(halt->is_reached(),
                 fmt::format("It is Alice's turn, and no connection is {} for her.", what));
            counter.clock.advance(5s);
            // She cannot leave as long as she sees to her connection herself. If somebody else
            // does, she may be waiting for him.
            if (halt->by() != alice.thread.get_id()) {
                static_cast<void>(await([&] { return bool(alice.is_over); }, a_moment));
            }
            const bool has_left = alice.is_over;
            const bool is_lent = counter.get("Bob").has_value();
            halt->let_go();
            const bool are_all_over = counter.await_all_over();
            const std::string story = fmt::format(
                "A customer may wait for {} seconds for her turn. It had come, and then it took "
                "five seconds until a connection was {} for her.",
                max_wait / 1s, what);
            NEED(are_all_over, story + " She is told nothing.");
            EXPECT(!has_left, story + " She was told before that: " + alice.told + ".");
            EXPECT(!is_lent, story + " Meanwhile her place, the only one, was lent to another.");
            EXPECT(alice.told == "served", story + " She was told: " + alice.told + ".");
            EXPECT(counter.database.most() == 1,
                   fmt::format("{} The pool may have one connection, and {} were open at once.",
                               story, counter.database.most()));
            counter.expect_in_order(story);
        }
    }
}

TEST_CASE("A customer who gives back does not connect for the next") {
    Counter counter({.max_connections = 1});
    std::vector<Lease> taken = counter.take_all();
    taken.front()->is_broken = true;
    const auto connecting = counter.make_halt();
    counter.plan.next({nullptr, connecting});
    counter.queues("Alice", 1);
    std::atomic<bool> has_left{false};
    Meanwhile returning([&] {
        taken.clear();
        has_left = true;
    });
    const bool is_connecting = connecting->is_reached();
    const bool was_free = is_connecting && await([&] { return bool(has_left); });
    const bool was_in_time = !connecting->was_in_vain();
    connecting->let_go();
    returning.join();
    NEED(is_connecting, "A broken connection came back, and nobody connects for Alice, who waits.");
    NEED((was_free && was_in_time),
         "A customer gave back a broken connection, and cannot leave before another is opened for "
         "Alice. To give back is to wait for nobody.");
    NEED(counter.await_all_over(), "A connection was opened, and Alice is stuck.");
    counter.expect_in_order("A broken connection came back.");
}

TEST_CASE("A customer who comes while a connection is closed has not waited yet") {
    Counter counter({.max_connections = 1});
    std::vector<Lease> taken = counter.take_all();
    const auto closing = counter.make_halt();
    taken.front()->is_broken = true;
    taken.front()->on_close = closing;
    Meanwhile returning([&] { taken.clear(); });
    const bool is_closing = closing->is_reached();
    counter.clock.advance(5s);
    Shopper& alice = counter.comes("Alice", {.stays = true});
    const bool is_waiting = await([&] { return counter.pool.stats().waiting == 1; });
    closing->let_go();
    returning.join();
    const bool is_served = await([&] { return alice.connection != 0; });
    const PoolStats now = counter.pool.stats();
    alice.may_leave.open();
    NEED(is_closing, "A connection that cannot be cleaned came back, and is not closed.");
    NEED((is_waiting && is_served),
         "A connection is being closed. Alice, who came meanwhile, has to wait for its place and "
         "then to get it: " +
             counter.where_it_stands() + ".");
    EXPECT(now.waited == 0s,
           fmt::format("To close a connection took five seconds. At their end Alice came and was "
                       "served. By the pool's account all have waited for {} ms.",
                       now.waited / 1ms));
    EXPECT((now.leases.size() == 1 && now.leases.front().held == 0s),
           "Alice has just come, and by the pool's account has had her connection for longer.");
    NEED(counter.await_all_over(), "Alice was served, and does not leave.");
    counter.expect_in_order("A connection took long to close.");
}

TEST_CASE("A customer whose connection is no good keeps her turn") {
    Counter counter({.max_connections = 1});
    const auto checking = counter.make_halt();
    {
        const std::vector<Lease> leases = counter.take_all();
        leases.front()->is_stale = true;
        leases.front()->on_check = checking;
    }
    Shopper& alice = counter.comes("Alice", {.stays = true});
    NEED(checking->is_reached(), "A connection is idle, Alice comes for it, and nobody checks it.");
    Shopper& bob = counter.queues("Bob", 1);
    checking->let_go();
    static_cast<void>(await([&] { return alice.connection != 0 || bob.connection != 0; }));
    const bool is_alice_first = alice.connection != 0;
    alice.may_leave.open();
    NEED(counter.await_all_over(),
         "An idle connection was no good, and not everybody was served: " +
             counter.where_it_stands() + ".");
    EXPECT(
        (is_alice_first && counter.order().front() == "Alice"),
        "Alice came for an idle connection, and Bob came after her. Hers was no good. It was her "
        "turn all the same, to open another in its place, and Bob was served before her.");
    EXPECT(counter.pool.stats().acquired == 3,
           fmt::format("The first, Alice and Bob had a turn each. The pool has counted {} turns.",
                       counter.pool.stats().acquired));
    counter.expect_in_order("An idle connection was no good.");
}

TEST_CASE("Nobody connects before the broken connection is closed") {
    for (const bool waits : {true, false}) {
        Counter counter({.max_connections = 1});
        std::vector<Lease> taken = counter.take_all();
        const auto closing = counter.make_halt();
        taken.front()->is_broken = true;
        taken.front()->on_close = closing;
        Shopper* const alice = waits ? &counter.queues("Alice", 1) : nullptr;
        Meanwhile returning([&] { taken.clear(); });
        const bool is_closing = closing->is_reached();
        const bool is_early = counter.get("Bob").has_value();
        const int in_use = counter.pool.stats().in_use;
        if (alice != nullptr) {  // whom Bob's leaving may have woken; she is to sleep again
            const int before = alice->sleep.looks;
            counter.clock.wake_all();
            static_cast<void>(await([&] {
                return before == 0 || alice->sleep.looks > before ||
                       counter.database.attempts() > 1;
            }));
        }
        closing->let_go();
        returning.join();
        NEED(is_closing, "A connection that cannot be cleaned came back, and is not closed.");
        EXPECT(!closing->was_in_vain(),
               "While a connection was being closed nobody could even ask for another: it is "
               "closed with the pool's lock held.");
        EXPECT(!is_early, "A broken connection was still being closed, and its place was lent.");
        EXPECT(in_use == 1,
               fmt::format("A broken connection was being closed, and nobody could have its place. "
                           "The pool said {} in use.",
                           in_use));
        EXPECT(
            counter.pool.stats().dirty_returns.count("the first") == 1,
            "A connection came back that cannot be cleaned, and the pool has not counted whose it "
            "was.");
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over, "A broken connection came back, and Alice waits on: " +
                               counter.where_it_stands() + ".");
        EXPECT(counter.database.most() == 1,
               fmt::format("The pool may have one connection, and {} were open at once.",
                           counter.database.most()));
        counter.expect_in_order("A broken connection came back.");
    }
}

TEST_CASE("A returned connection is cleaned before anybody is told of it") {
    Counter counter({.max_connections = 1});
    std::vector<Lease> taken = counter.take_all();
    const auto cleaning = counter.make_halt();
    taken.front()->is_dirty = true;
    taken.front()->on_reset = cleaning;
    Shopper& alice = counter.queues("Alice", 1);
    Meanwhile returning([&] {
        taken.front()->is_dirty = true;
        taken.clear();
    });
    const bool is_cleaned = cleaning->is_reached();
    const bool is_bob_served = counter.get("Bob").has_value();
    // Bob's leaving may wake Alice. She is to sleep again before there is a connection.
    const int before = alice.sleep.looks;
    counter.clock.wake_all();
    static_cast<void>(
        await([&] { return before == 0 || alice.sleep.looks > before || alice.connection != 0; }));
    const bool is_early = is_bob_served || alice.connection != 0;
    cleaning->let_go();
    returning.join();
    NEED(is_cleaned, "A connection came back, and nobody cleaned it.");
    EXPECT(!cleaning->was_in_vain(), "A connection is cleaned with the pool's lock held.");
    EXPECT(!is_early, "A connection was lent before it was clean.");
    const bool are_all_over = counter.await_all_over();
    NEED(are_all_over, "A connection was cleaned, and Alice, who waited for it, was not told: " +
                           counter.where_it_stands() +
                           ". A waiter that is told before it is there looks, and sleeps "
                           "again.");
    EXPECT(alice.told == "served",
           "Alice waited for a connection and was woken for no reason. One came back, and she was "
           "told: " +
               alice.told + ".");
    EXPECT(counter.pool.stats().dirty_returns.at("the first") == 1,
           "A dirty connection came back, and the pool has not counted it under its holder.");
    EXPECT(counter.database.opened() == 1,
           "A connection that can be cleaned is lent on, not replaced.");
    counter.expect_in_order("A dirty connection came back.");
}

TEST_CASE("While one customer's connection takes its time the others are served") {
    Counter counter({.max_connections = 2, .max_age = 1h});
    // What others do meanwhile with the other connection: it is good, or cannot be cleaned, or
    // leads nowhere. Then the next one has it.
    const auto others_are_served = [&] {
        for (const std::string how : {"good", "broken", "stale"}) {
            std::optional<Lease> bobs = counter.get("Bob");
            if (!bobs) return false;
            (*bobs)->is_broken = how == "broken";
            (*bobs)->is_stale = how == "stale";
        }
        return counter.get("Carol").has_value();
    };
    const auto expect_served = [&](const std::string& what, const std::shared_ptr<Halt>& halt) {
        const bool is_reached = halt->is_reached();
        const bool are_served = others_are_served();
        halt->let_go();
        NEED(is_reached, fmt::format("Nothing {}.", what));
        NEED(are_served,
             fmt::format("One connection {}, and Bob and Carol cannot have the other.", what));
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over, fmt::format("A connection {}, and its customer is stuck.", what));
        EXPECT(!halt->was_in_vain(),
               fmt::format("While a connection {} Bob had to wait for it, or Carol. They have "
                           "nothing to do with it, and took and gave back another.",
                           what));
    };
    const auto connecting = counter.make_halt();
    counter.plan.next({nullptr, connecting});
    counter.comes("Alice");
    expect_served("is being opened", connecting);

    for (const bool is_closed : {false, true}) {
        std::optional<Lease> lease = counter.get("Alice");
        NEED(lease.has_value(), "Two places are free, and Alice is told that none is.");
        const auto halt = counter.make_halt();
        (*lease)->is_broken = is_closed;
        (is_closed ? (*lease)->on_close : (*lease)->on_reset) = halt;
        Meanwhile returning([&] { lease.reset(); });
        expect_served(is_closed ? "is being closed" : "is being cleaned", halt);
        returning.join();
    }
    const std::vector<std::pair<std::string, std::string>> who_comes_for_what = {
        {"Dave", "is being checked"},
        {"Eve", "that is no good is being closed"},
        {"Frank", "that is too old is being closed"}};
    for (const auto& [who, why] : who_comes_for_what) {
        const auto halt = counter.make_halt();
        {
            const std::vector<Lease> leases = counter.take_all();
            leases.front()->is_broken = true;  // its place will be empty
            leases.back()->is_stale = why == "that is no good is being closed";
            (why == "is being checked" ? leases.back()->on_check : leases.back()->on_close) = halt;
        }
        if (why == "that is too old is being closed") counter.clock.advance(1h);
        counter.comes(who);
        expect_served(why, halt);
    }
    counter.expect_in_order("Connections took their time.");
}

TEST_CASE("A connection is lent again as long as it is good") {
    Counter counter({.max_connections = 1, .max_age = 10min});
    const auto number = [&] {
        std::vector<Lease> leases = counter.take_all();
        return leases.front()->number;
    };
    for (int i = 0; i < 10; ++i) EXPECT(number() == 1, "A connection that is good was replaced.");
    {
        std::vector<Lease> leases = counter.take_all();
        Shopper& alice = counter.queues("Alice", 1);
        leases.clear();
        const bool are_all_over = counter.await_all_over();
        NEED(are_all_over, "A connection came back, and Alice waits on.");
        EXPECT(alice.connection == 1,
               "A connection that is good was replaced when it was handed over.");
    }
    counter.take_all().front()->is_stale = true;
    EXPECT(number() == 2, "A connection that leads nowhere was lent.");
    counter.clock.advance(11min);
    EXPECT(number() == 3, "A connection that is too old was lent.");
    {
        const std::vector<Lease> leases = counter.take_all();
        counter.clock.advance(11min);
    }
    EXPECT(counter.database.open() == 0, "A connection came back too old, and was kept.");
    EXPECT(counter.pool.stats().discarded == 3, "Three connections were discarded.");
    counter.expect_in_order("Connections were replaced.");
}

TEST_CASE("None is opened while one is idle") {
    Counter counter({.max_connections = 4});
    for (int customer = 1; customer <= 8; ++customer) {
        NEED(counter.get("a customer").has_value(), "A place is free, and a customer got none.");
        EXPECT(counter.database.opened() == 1,
               fmt::format("{} customers came, one after the other, to a pool of four. One "
                           "connection is enough for them, and {} were opened.",
                           customer, counter.database.opened()));
    }
    counter.expect_in_order("Eight customers came, one after the other.");
}

TEST_CASE("Connections that are discarded at the same moment are all counted") {
    Counter counter({.max_connections = crowd});
    // To the others: without a lock they count in one moment, also for ThreadSanitizer.
    counter.database.on_close = [](int) { std::this_thread::yield(); };
    counter.database.on_connect = [](int) { std::this_thread::yield(); };
    for (int round = 1; round <= 25; ++round) {
        for (const Lease& lease : counter.take_all()) lease->is_stale = true;
        come_at_once(counter);
        NEED(static_cast<int>(counter.pool.stats().discarded) == crowd * round,
             fmt::format("Four connections led nowhere, and four customers came at once, {} times. "
                         "The pool says that it has discarded {}.",
                         round, counter.pool.stats().discarded));
    }
}

TEST_CASE("A connection that has reached its age is not lent") {
    // Ten milliseconds, of which a tenth is one.
    for (const bool waits : {false, true}) {
        Counter counter({.max_connections = 1, .valid_for = 1h, .max_age = 10ms});
        const auto number = [&] { return counter.take_all().front()->number; };
        CHECK(number() == 1);
        counter.clock.advance(8ms);
        EXPECT(number() == 1,
               "A connection may grow ten milliseconds old, or a tenth less. It was eight, and was "
               "replaced.");
        counter.clock.advance(2ms);
        EXPECT(number() == 2,
               "A connection may grow ten milliseconds old. It was, and was lent once more.");
        std::vector<Lease> taken = counter.take_all();
        counter.clock.advance(10ms);
        const Shopper* const alice = waits ? &counter.queues("Alice", 1) : nullptr;
        taken.clear();
        EXPECT((waits || counter.database.open() == 0),
               "A connection came back when it had reached its age, and was kept.");
        NEED(counter.await_all_over(),
             "Alice waits. A connection came back when it had reached its age, and was closed. She "
             "should get its place, and " +
                 counter.where_it_stands() + ".");
        EXPECT(
            (!waits || alice->connection == 3),
            "A connection came back when it had reached its age, and Alice, who waited, got it.");
        EXPECT(counter.database.most() == 1,
               fmt::format("The pool may have one connection, and {} were open at once.",
                           counter.database.most()));
        counter.expect_in_order("Connections have reached their age.");
    }
}

TEST_CASE("Connections opened at once do not all grow old at once") {
    constexpr int connections = 24;
    Counter counter({.max_connections = connections, .valid_for = 24h, .max_age = 1000min});
    counter.take_all();
    counter.clock.advance(899min);
    counter.take_all();
    EXPECT(
        counter.database.opened() == connections,
        "Connections may grow a thousand minutes old, or up to a tenth less. After 899 some were "
        "replaced.");
    int moments = 0;
    for (int minute = 900; minute <= 1000; ++minute) {
        const int before = counter.database.opened();
        counter.clock.advance(1min);
        counter.take_all();
        if (counter.database.opened() > before) ++moments;
    }
    EXPECT(counter.database.opened() == 2 * connections,
           fmt::format("Twenty-four connections may grow a thousand minutes old. They have, and {} "
                       "were replaced.",
                       counter.database.opened() - connections));
    EXPECT(
        moments > 1,
        "Twenty-four connections were opened in one minute, and all were replaced in one minute.");
    counter.expect_in_order("Connections have reached their age.");
}

TEST_CASE("Only a connection that was idle for long is checked") {
    Counter counter({.max_connections = 1, .valid_for = 1min});
    counter.take_all();
    counter.clock.advance(59s);
    counter.take_all();
    counter.clock.advance(59s);
    counter.take_all();
    EXPECT(
        counter.database.checks() == 0,
        "A connection is to be checked when it was idle for a minute. Twice it was for 59 seconds, "
        "and was checked.");
    counter.clock.advance(1min);
    counter.take_all();
    EXPECT(
        counter.database.checks() == 1,
        "A connection is to be checked when it was idle for a minute. It was, and was lent without "
        "a check.");
    counter.expect_in_order("A connection was idle for a while.");
}

TEST_CASE("The pool says who has what and since when") {
    CHECK_THROWS_AS(Counter({.max_connections = 0}), std::invalid_argument);
    Counter counter({.max_connections = 2});
    std::optional<Lease> first = counter.get("GET /items");
    counter.clock.advance(3s);
    std::optional<Lease> second = counter.get("POST /orders");
    NEED((first && second), "Two places are free, and somebody was told that none is.");
    counter.clock.advance(1s);
    Shopper& alice = counter.queues("GET /orders", 1, {.max_wait = 1h, .stays = true});
    counter.clock.advance(2s);
    PoolStats now = counter.pool.stats();
    EXPECT(now.in_use == 2, "Two connections are lent.");
    EXPECT(now.idle == 0,
           fmt::format("There are two, both are lent, and the pool says {} idle.", now.idle));
    EXPECT(now.waiting == 1, "One customer waits.");
    NEED(now.leases.size() == 2, "Two leases are to be named.");
    EXPECT(now.leases[0].holder == "GET /items", "The lease that is held longest comes first.");
    EXPECT(now.leases[0].held == 6s, "It is held for six seconds.");
    EXPECT(now.leases[1].holder == "POST /orders", "The other comes after it.");
    first.reset();
    NEED(await([&] { return alice.connection != 0; }), "A connection came back, and she waits on.");
    counter.clock.advance(5s);
    now = counter.pool.stats();
    NEED(now.leases.size() == 2, "Two leases are to be named.");
    EXPECT(now.leases[1].holder == "GET /orders", "The one it was handed to is its holder.");
    EXPECT(now.leases[1].held == 5s, "She has had it for five seconds; before that she waited.");
    EXPECT(now.waited == 2s, "She waited for two seconds.");
    EXPECT(now.held == 6s, "One lease was given back, after six seconds.");
    EXPECT(now.acquired == 3, "Three leases were given out.");
    alice.may_leave.open();
    second.reset();
    const bool are_all_over = counter.await_all_over();
    NEED(are_all_over, "She was served, and does not leave.");
    counter.expect_in_order("Three customers were served.");
}

TEST_CASE("Sixteen customers share four connections") {
    TestClock clock;
    PooledShop shop(24);
    std::vector<Customer> customers;
    std::vector<Pending> replies;
    for (int i = 0; i < 16; ++i) {
        customers.push_back(shop.customer(fmt::format("customer{}", i)));
        EXPECT(customers.back().gets("/healthz").status != 0, "The shop does not answer.");
    }
    for (int i = 0; i < 16; ++i) {
        Customer& customer = customers[static_cast<std::size_t>(i)];
        replies.push_back(i % 2 == 0 ? customer.starts_to_get("/items/1")
                                     : customer.starts_to_order(shop::teapot, 1));
    }
    for (std::size_t i = 0; i < replies.size(); ++i) {
        const Reply reply = replies[i].reply();
        EXPECT(reply.status == (i % 2 == 0 ? 200 : 201),
               fmt::format("Everybody can be served, and one was told \"{}\".", reply.told()));
    }
    EXPECT(customers[1].orders(shop::samovar, 1).status == 409, "There is no samovar.");
    EXPECT(shop.ledger().opened_connections() <= 4, "The pool may have four connections.");
    EXPECT(shop.stock(shop::teapot) == 2, "Eight of ten teapots were bought.");
    const Reply metrics = customers[0].gets("/metrics");
    EXPECT(support::metric(metrics, "pool_in_use") == 0, "Everybody was served.");
    EXPECT(support::metric(metrics, "pool_acquired_total") == 17,
           "Seventeen asked for a connection.");
}
