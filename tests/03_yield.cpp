// 03 the yield: a handler's exception goes in at the yield, so that the teardown knows how it
// ended.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/replies.hpp"
#include "support/running_shop.hpp"

// An answer of another design may do without the coroutine; then there is none to be tested, be the
// file still there or not.
#if __has_include("scoped.hpp")
#include "scoped.hpp"
#define WITH_COROUTINE(...)                                                               \
    if (shop_does_without_it()) {                                                         \
        SUCCEED(                                                                          \
            "the shop takes a declined order back, and scoped.hpp could not do so: this " \
            "answer does not use it");                                                    \
    } else {                                                                              \
        __VA_ARGS__;                                                                      \
    }
#else
#define WITH_COROUTINE(...) SUCCEED("no scoped.hpp: this answer has no coroutine")
#endif

using support::Customer;
using support::expect_told;
using support::Held;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;

#if __has_include("scoped.hpp")
namespace {

using Diary = std::vector<std::string>;

// What a handler might throw, and nothing that the standard library knows.
struct Spilled {
    int cups;
};

Scoped<int> careful(Diary& diary) {
    int cup = 7;
    diary.push_back("set up");
    try {
        co_yield cup;
        diary.push_back("the way out of success");
    } catch (const Spilled& spilled) {
        diary.push_back(fmt::format("heard of {} cups", spilled.cups));
        throw;
    }
}

Scoped<int> swallowing() {
    int cup = 7;
    try {
        co_yield cup;
    } catch (...) {  // and not thrown on
    }
}

// Tries once more when it hears of an error, by a co_yield that nobody may resume.
Scoped<int> trying_once_more() {
    int cup = 7;
    bool spilled = false;
    try {
        co_yield cup;
    } catch (const Spilled&) {
        spilled = true;
    }
    if (spilled) co_yield cup;
}

Scoped<int> clumsy() {
    int cup = 7;
    try {
        co_yield cup;
    } catch (...) {
        throw std::runtime_error("the teardown fell over");
    }
}

Scoped<int> spilling_on_the_way_out() {
    int cup = 7;
    co_yield cup;
    throw Spilled{2};
}

Scoped<int> yielding_twice() {
    int cup = 7;
    co_yield cup;
    co_yield cup;
}

// Keeps what it was given for as long as its frame lives.
Scoped<int> keeping(std::shared_ptr<int> cup, bool yields_again) {
    co_yield *cup;
    if (yields_again) co_yield *cup;
}

Scoped<int> never_yielding(bool yields) {
    int cup = 7;
    if (yields) co_yield cup;
}

Scoped<int> failing_to_set_up(Diary& diary) {
    int cup = 7;
    diary.push_back("set up");
    if (diary.size() == 1) throw std::runtime_error("no cups");
    co_yield cup;
    diary.push_back("torn down");
}

// A diary without the cups: what the coroutine did when it should have heard of them.
std::string what_it_did_instead(const Diary& diary) {
    if (diary == Diary{"set up"})
        return "it was not resumed, so that nothing below its co_yield has run.";
    if (diary == Diary{"set up", "the way out of success"})
        return "its co_yield returned as if all had gone well.";
    return fmt::format("its diary says: {}.", fmt::join(diary, ", "));
}

// What came out of a use: "returned", "threw 3 cups", or the text of another exception.
template <typename Scope, typename Body>
std::string outcome(Scope scope, Body body) {
    try {
        use(std::move(scope), body);
        return "returned";
    } catch (const Spilled& spilled) {
        return fmt::format("threw {} cups", spilled.cups);
    } catch (const std::exception& error) {
        return error.what();
    }
}

void drink(int& /*cup*/) {}
void spill(int& /*cup*/) {
    throw Spilled{3};
}

// Whether the coroutine takes the way out of success although its handler, which returns a Result,
// throws.
template <typename Result>
bool never_hears() {
    Diary diary;
    bool ran = false;
    const std::string out = outcome(careful(diary), [&ran](int&) -> Result {
        ran = true;
        throw Spilled{3};
    });
    return ran && out == "threw 3 cups" && diary == Diary{"set up", "the way out of success"};
}

// Whether a declined order leaves no trace, although the coroutine in scoped.hpp would have
// committed it. Then the order is taken back by something else.
bool shop_does_without_it() {
    if (!never_hears<void>() || !never_hears<int>()) return false;
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::capture);
    return alice.orders(shop::teapot, 2).status == 402 && shop.orders_of("alice") == 0;
}

}  // namespace
#endif

TEST_CASE("An order that is declined at the till leaves no trace", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::capture);
    const Reply order = alice.orders(shop::teapot, 2);
    CHECK(order.status == 402);
    EXPECT(shop.orders_of("alice") == 0,
           "Alice was told that her card was declined, and her order is in the database: it went "
           "through, and "
           "nobody pays for it.");
    EXPECT(shop.stock(shop::teapot) == 10,
           "Alice's order was declined, and her teapots are out of stock.");
}

TEST_CASE("An order that breaks off leaves no trace", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().fail("alice", Step::capture);
    const Reply order = alice.orders(shop::teapot, 2);
    CHECK(order.status == 502);
    for (const auto& thrown :
         {std::make_exception_ptr(42), std::make_exception_ptr(std::bad_alloc())}) {
        Customer bob = shop.customer("bob");
        shop.bank().fail("bob", Step::capture, thrown);
        CHECK(bob.orders(shop::teapot, 2).status == 500);
    }
    EXPECT(shop.orders_of("alice") == 0,
           "The bank broke down under Alice's order, she was told so, and half of what she asked "
           "for was "
           "committed all the same.");
    EXPECT(shop.orders_of("bob") == 0,
           "Bob's order broke off by an exception that is on nobody's list, and was committed all "
           "the same.");
    CHECK(shop.stock(shop::teapot) == 10);
}

TEST_CASE("A commit that fails is not told as a success", "[pitfall]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.ledger().refuse_next_commit();
    const Reply order = alice.orders(shop::teapot, 2);
    EXPECT(
        order.status == 500,
        fmt::format(
            "SQLite refused to commit Alice's order, and she was told {}. What the teardown throws "
            "has to reach her.",
            order.status));
    CHECK(order.location.empty());
    CHECK(shop.orders_of("alice") == 0);
    CHECK(shop.ledger().open_sessions() == 0);
    CHECK(alice.orders(shop::teapot, 2).status == 201);
}

TEST_CASE("What the handler throws arrives at the yield", "[pitfall]") {
    WITH_COROUTINE(
        Diary diary; const std::string out = outcome(careful(diary), spill); EXPECT(
            diary == (Diary{"set up", "heard of 3 cups"}),
            "The handler spilled three cups, and the coroutine's catch block never heard of it: " +
                what_it_did_instead(diary));
        CHECK(out == "threw 3 cups"));
}

TEST_CASE("What the handler throws arrives at every yield around it", "[pitfall]") {
    WITH_COROUTINE(Diary outer; Diary inner;
                   const auto both = [&](int&) { use(careful(inner), spill); };
                   CHECK(outcome(careful(outer), both) == "threw 3 cups");
                   EXPECT((inner == Diary{"set up", "heard of 3 cups"} && outer == inner),
                          "Of two dependencies, one inside the other, one never heard of what the "
                          "handler threw."));
}

TEST_CASE("What was dealt with inside does not arrive outside", "[pitfall]") {
    WITH_COROUTINE(
        Diary outer; Diary inner; const auto careful_handler =
                                      [&](int&) {
                                          try {
                                              use(careful(inner), spill);
                                          } catch (const Spilled&) {  // and that is the end of it
                                          }
                                      };
        CHECK(outcome(careful(outer), careful_handler) == "returned");
        EXPECT(inner == (Diary{"set up", "heard of 3 cups"}),
               "The handler spilled three cups inside a dependency that never heard of it.");
        EXPECT(outer == (Diary{"set up", "the way out of success"}),
               "The handler dealt with what was thrown inside it and returned, and the dependency "
               "around it was thrown "
               "an exception all the same."));
}

TEST_CASE("Inside a catch block a handler can succeed") {
    WITH_COROUTINE(
        Diary diary; std::string out; try { throw Spilled{1}; } catch (const Spilled&) {
            out = outcome(careful(diary), drink);
        } CHECK(out == "returned");
        EXPECT(diary == (Diary{"set up", "the way out of success"}),
               "The handler returned, and the coroutine was thrown an exception that somebody else "
               "is just dealing "
               "with."));
}

TEST_CASE("What a dependency was given goes when it is over") {
    WITH_COROUTINE(
        const auto cup = std::make_shared<int>(7);
        { const Scoped<int> unused = keeping(cup, false); } EXPECT(
            cup.use_count() == 1, "A coroutine was never entered, and its frame is still there.");
        CHECK(outcome(keeping(cup, false), drink) == "returned");
        EXPECT(cup.use_count() == 1, "A coroutine has ended, and its frame is still there.");
        CHECK(outcome(keeping(cup, false), spill) == "threw 3 cups");
        EXPECT(cup.use_count() == 1, "A handler threw, and the coroutine's frame is still there.");
        static_cast<void>(outcome(keeping(cup, true), drink));
        EXPECT(cup.use_count() == 1,
               "A coroutine yielded a second time, and its frame is still there."));
}

TEST_CASE("Others are served while Alice is at the bank") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    EXPECT(bob.gets("/items/1").status == 200,
           "Bob only looked, and got no answer while Alice was at the bank.");
    EXPECT(bob.orders(shop::teapot, 1).status == 201,
           "Bob could not order while Alice was at the bank.");
    bank.decline();
    CHECK(order.reply().status == 402);
    CHECK(shop.stock(shop::teapot) == 9);
}

TEST_CASE("A dependency that yields twice is an error", "[pitfall]") {
    WITH_COROUTINE(
        EXPECT(outcome(yielding_twice(), drink) != "returned",
               "A coroutine yielded a second time, and nobody noticed: whatever comes after its "
               "second co_yield never runs."));
}

TEST_CASE("What the teardown throws keeps its type", "[pitfall]") {
    WITH_COROUTINE(
        const std::string out = outcome(spilling_on_the_way_out(), drink);
        EXPECT(out == "threw 2 cups",
               fmt::format("The handler returned, the teardown spilled two cups, and what came out "
                           "was: {}. The shop answers by the type of what it catches.",
                           out)));
}

TEST_CASE("A dependency that never yields is an error") {
    WITH_COROUTINE(bool ran = false; const auto runs = [&ran](int&) { ran = true; };
                   CHECK(outcome(never_yielding(false), runs) != "returned");
                   EXPECT(!ran, "A coroutine yielded nothing, and the handler was called with it.");
                   CHECK(outcome(never_yielding(true), drink) == "returned"));
}

TEST_CASE("The way out of success is taken when nobody threw") {
    WITH_COROUTINE(Diary diary; CHECK(outcome(careful(diary), drink) == "returned");
                   CHECK(diary == (Diary{"set up", "the way out of success"}));
                   CHECK(use(careful(diary), [](int& cup) { return cup; }) == 7));
}

TEST_CASE("A dependency that is never entered sets nothing up") {
    WITH_COROUTINE(Diary diary;
                   { const Scoped<int> unused = careful(diary); } CHECK(diary.empty()));
}

TEST_CASE("A set-up that fails is told, and there is nothing to tear down") {
    WITH_COROUTINE(Diary diary; bool used = false; CHECK(
                       outcome(failing_to_set_up(diary), [&](int&) { used = true; }) == "no cups");
                   CHECK(!used); CHECK(diary == (Diary{"set up"})));
}

TEST_CASE("An exception is never swallowed on the way out") {
    WITH_COROUTINE(
        EXPECT(outcome(swallowing(), spill) == "threw 3 cups",
               "The handler threw, the coroutine caught it and did not throw it on, and the "
               "customer is told that all is well."));
}

TEST_CASE("The first error is the one that is told") {
    WITH_COROUTINE(
        EXPECT(outcome(clumsy(), spill) == "threw 3 cups",
               "The handler threw, then the teardown threw as well, and the second error hid the "
               "first: what really happened is not told."));
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::capture);
    shop.ledger().refuse_rollbacks();
    const Reply order = alice.orders(shop::teapot, 2);
    EXPECT(
        order.status == 402,
        fmt::format(
            "Alice's card was declined and then the rollback failed. She was told {}: the second "
            "error hid the first.",
            order.status));
}

TEST_CASE("Bob is shown what he bought and what he wrote") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
}

TEST_CASE("Who yields again after an error does not hide it") {
    WITH_COROUTINE(
        const std::string out = outcome(trying_once_more(), spill);
        EXPECT(out == "threw 3 cups",
               fmt::format("The handler spilled three cups, the coroutine caught that and yielded "
                           "once more, and what came out was: {}. What happened first is the news.",
                           out)));
}

TEST_CASE("Every customer is told why, and no session is left behind") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    expect_told(bob.gets("/items/77"), "Bob", "404 no such item");
    expect_told(bob.gets("/orders/1"), "Bob", "404 no such order");
    expect_told(bob.gets("/reviews/1"), "Bob", "404 no such review");
    expect_told(bob.orders(77, 1), "Bob", "404 no such item");
    expect_told(bob.reviews(77, "What is it?"), "Bob", "404 no such item");
    expect_told(bob.orders(shop::samovar, 1), "Bob", "409 sold out");
    expect_told(bob.posts("/orders", "a teapot, please"), "Bob",
                "422 the body is not a JSON object");
    CHECK(bob.orders(shop::teapot, 2).status == 201);
    for (const auto& request : shop.ledger().requests()) CHECK(request.left_open == 0);
    CHECK(shop.ledger().open_sessions() == 0);
}
