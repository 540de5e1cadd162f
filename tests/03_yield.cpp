// 03 the yield: a handler's exception goes in at the yield,
// so that the teardown knows how it ended.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "03_yield/subject.hpp"
#include "support/catch.hpp"
#include "support/replies.hpp"
#include "support/running_shop.hpp"

using support::Customer;
using support::expect_told;
using support::Held;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;
using yield::coroutines;
using yield::Diary;
using yield::Lent;
using yield::Spilled;

namespace {

// A diary without the cups: what the coroutine did when it should have seen them.
std::string what_it_did_instead(const Diary& diary) {
    if (diary == Diary{"set up"})
        return "it was not resumed, so that nothing below its co_yield has run.";
    if (diary == Diary{"set up", "the way out of success"})
        return "its co_yield returned as if all had gone well.";
    return fmt::format("its diary says: {}.", fmt::join(diary, ", "));
}

// What came out of a use: "returned", "threw 3 cups", or the text of another exception.
std::string outcome(const Lent& lent, const std::function<void(int& cup)>& handler) {
    try {
        lent->lend_to(handler);
        return "returned";
    } catch (const Spilled& spilled) {
        return fmt::format("threw {} cups", spilled.cups);
    } catch (const std::exception& error) {
        return error.what();
    }
}

// "nothing", "std::logic_error", which says that the coroutine is wrong, or "something else".
std::string kind_of_error(const Lent& lent, const std::function<void(int& cup)>& handler) {
    try {
        lent->lend_to(handler);
        return "nothing";
    } catch (const std::logic_error&) {
        return "std::logic_error";
    } catch (...) {
        return "something else";
    }
}

void drink(int& /*cup*/) {}
void spill(int& /*cup*/) {
    throw Spilled{3};
}

// Whether the coroutine takes the way out of success although its handler throws: one that returns
// an int, or one that returns nothing.
bool never_hears(bool returns_int) {
    Diary diary;
    bool ran = false;
    bool spilled = false;
    const auto throws = [&ran](int& /*cup*/) -> int {
        ran = true;
        throw Spilled{3};
    };
    try {
        const Lent lent = coroutines()->careful(diary);
        if (returns_int) {
            lent->answer_of(throws);
        } else {
            lent->lend_to(throws);
        }
    } catch (const Spilled& what) {
        spilled = what.cups == 3;
    } catch (...) {  // something else came out
    }
    return ran && spilled && diary == Diary{"set up", "the way out of success"};
}

// Whether a declined order leaves no trace, although the coroutine in scoped.hpp would have
// committed it. Then the order is taken back by something else.
bool shop_does_without_it() {
    if (!never_hears(false) || !never_hears(true)) return false;
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::capture);
    return alice.orders(shop::teapot, 2).status == 402 && shop.orders_of("alice") == 0;
}

// An answer of another design may do without the coroutine; then there is none to be tested, be the
// file still there or not.
bool coroutine_is_in_use() {
    if (coroutines() == nullptr) {
        SUCCEED("no scoped.hpp: this answer has no coroutine");
        return false;
    }
    if (shop_does_without_it()) {
        SUCCEED(
            "the shop takes a declined order back, and scoped.hpp could not do so: this answer "
            "does not use it");
        return false;
    }
    return true;
}

}  // namespace

TEST_CASE("An order that is declined at the till leaves no trace", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().decline("alice", Step::capture);
    const Reply order = alice.orders(shop::teapot, 2);
    CHECK(order.status == 402);
    EXPECT(shop.orders_of("alice") == 0,
           "Alice was told that her card was declined, and her order is in the database: it went "
           "through, and nobody pays for it.");
    EXPECT(shop.stock(shop::teapot) == 10,
           "Alice's order was declined, and her teapots are out of stock.");
    CHECK(shop.ledger().open_connections() == 0);
}

TEST_CASE("An order that breaks off leaves no trace", "[pitfall][stage 1]") {
    RunningShop shop;
    Customer alice = shop.customer("alice");
    shop.bank().fail("alice", Step::capture);
    const Reply order = alice.orders(shop::teapot, 2);
    CHECK(order.status == 504);
    for (const auto& thrown :
         {std::make_exception_ptr(42), std::make_exception_ptr(std::bad_alloc())}) {
        Customer bob = shop.customer("bob");
        shop.bank().fail("bob", Step::capture, thrown);
        CHECK(bob.orders(shop::teapot, 2).status == 500);
    }
    EXPECT(shop.orders_of("alice") == 0,
           "The bank broke down under Alice's order, she was told so, and half of what she asked "
           "for was committed anyway.");
    EXPECT(
        shop.orders_of("bob") == 0,
        "Bob's order broke off by an exception that is on nobody's list, and was committed anyway.");
    CHECK(shop.stock(shop::teapot) == 10);
    EXPECT(shop.ledger().open_connections() == 0,
           "Orders broke off, by exceptions of any type, and a session of theirs is still open.");
}

TEST_CASE("An order that the database refuses halfway leaves nothing behind",
          "[pitfall][stage 1]") {
    RunningShop shop;
    shop.database().run(
        "CREATE TRIGGER refuses BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'refused'); END");
    Customer alice = shop.customer("alice");
    CHECK(alice.orders(shop::teapot, 2).status == 500);
    EXPECT(shop.stock(shop::teapot) == 10,
           "The database refused Alice's order, and her teapots are out of stock: half of the "
           "order was committed.");
    EXPECT(shop.bank().asked("alice", Step::capture) == 0,
           "The database refused Alice's order, and the bank had taken her money before it was "
           "asked: she has paid for nothing.");
}

TEST_CASE("A commit that fails is not told as a success", "[pitfall][stage 2]") {
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
    CHECK(shop.ledger().open_connections() == 0);
    CHECK(alice.orders(shop::teapot, 2).status == 201);

    shop.ledger().refuse_next_commit();
    const Reply review = alice.reviews(shop::teapot, "Pours well.");
    EXPECT(review.status == 500,
           fmt::format("SQLite refused to commit Alice's review, and she was told {}.",
                       review.status));
    CHECK(shop.reviews() == 0);
}

TEST_CASE("The handler's exception arrives at the yield", "[pitfall][stage 1]") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    const std::string out = outcome(coroutines()->careful(diary), spill);
    EXPECT(diary == (Diary{"set up", "heard of 3 cups"}),
           "The handler spilled three cups, and the coroutine's catch block never saw it: " +
               what_it_did_instead(diary));
    CHECK(out == "threw 3 cups");
}

TEST_CASE("The handler's exception arrives at every yield around it", "[pitfall][stage 1]") {
    if (!coroutine_is_in_use()) return;
    Diary outer;
    Diary inner;
    const auto both = [&](int&) { coroutines()->careful(inner)->lend_to(spill); };
    CHECK(outcome(coroutines()->careful(outer), both) == "threw 3 cups");
    EXPECT((inner == Diary{"set up", "heard of 3 cups"} && outer == inner),
           "Of two dependencies, one inside the other, one never saw what the handler threw.");
}

TEST_CASE("An exception dealt with inside does not arrive outside", "[pitfall][stage 1]") {
    if (!coroutine_is_in_use()) return;
    Diary outer;
    Diary inner;
    const auto careful_handler = [&](int&) {
        try {
            coroutines()->careful(inner)->lend_to(spill);
        } catch (const Spilled&) {  // and that is the end of it
        }
    };
    CHECK(outcome(coroutines()->careful(outer), careful_handler) == "returned");
    EXPECT(inner == (Diary{"set up", "heard of 3 cups"}),
           "The handler spilled three cups inside a dependency that never saw it.");
    EXPECT(outer == (Diary{"set up", "the way out of success"}),
           "The handler dealt with what was thrown inside it and returned, and the dependency "
           "around it was thrown an exception anyway.");
}

TEST_CASE("A teardown may use a dependency of its own", "[pitfall][stage 1]") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    CHECK(outcome(coroutines()->helped_on_the_way_out(diary), spill) == "threw 3 cups");
    EXPECT(!diary.empty(),
           "The handler spilled three cups, and the coroutine's catch block, which would have used "
           "another dependency, was never entered.");
    if (diary.empty()) return;
    EXPECT(diary == (Diary{"set up", "the way out of success"}),
           "While a coroutine dealt with three spilled cups it used another dependency, with "
           "success, and that one was thrown the three cups as well.");
}

TEST_CASE("Inside a catch block a handler can succeed") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    std::string out;
    try {
        throw Spilled{1};
    } catch (const Spilled&) {
        out = outcome(coroutines()->careful(diary), drink);
    }
    CHECK(out == "returned");
    EXPECT(diary == (Diary{"set up", "the way out of success"}),
           "The handler returned, and the coroutine was thrown an exception that somebody else is "
           "just dealing with.");
}

TEST_CASE("A dependency's arguments go when it is over") {
    if (!coroutine_is_in_use()) return;
    const auto cup = std::make_shared<int>(7);
    { const Lent unused = coroutines()->keeping(cup, false); }
    EXPECT(cup.use_count() == 1, "A coroutine was never entered, and its frame is still there.");
    CHECK(outcome(coroutines()->keeping(cup, false), drink) == "returned");
    EXPECT(cup.use_count() == 1, "A coroutine has ended, and its frame is still there.");
    CHECK(outcome(coroutines()->keeping(cup, false), spill) == "threw 3 cups");
    EXPECT(cup.use_count() == 1, "A handler threw, and the coroutine's frame is still there.");
    static_cast<void>(outcome(coroutines()->keeping(cup, true), drink));
    EXPECT(cup.use_count() == 1,
           "A coroutine yielded a second time, and its frame is still there.");
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

    Held till = shop.bank().hold("alice", Step::capture);
    const Pending another = alice.starts_to_order(shop::teapot, 2);
    NEED(till.is_asked(), "Alice ordered, and the bank was never asked for her money.");
    EXPECT(bob.gets("/items/1").status == 200,
           "Bob only looked, and got no answer while the bank took Alice's money.");
    till.accept();
    CHECK(another.reply().status == 201);
}

TEST_CASE("Of customers who end at the same moment each is told of her own") {
    if (!coroutine_is_in_use()) return;
    constexpr int rounds = 5000;
    std::atomic<int> mistaken = 0;
    std::vector<std::thread> customers;
    for (const bool spills : {true, false, true, false}) {
        customers.emplace_back([&mistaken, spills] {
            for (int round = 0; round < rounds; ++round) {
                Diary diary;
                const std::string out =
                    outcome(coroutines()->careful(diary), spills ? spill : drink);
                const bool is_right = spills
                                          ? out == "threw 3 cups"
                                          : out == "returned" && diary.back() != "heard of 3 cups";
                if (!is_right) ++mistaken;
            }
        });
    }
    for (std::thread& customer : customers) customer.join();
    EXPECT(mistaken == 0,
           fmt::format("Two customers spilled their cups and two did not, {} times each, side by "
                       "side. {} times one was told of another's, or of nothing: a good order "
                       "would be rolled back, and a bad one committed.",
                       rounds, mistaken.load()));
}

TEST_CASE("A dependency that yields twice is an error", "[pitfall][stage 2]") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    const std::string thrown = kind_of_error(coroutines()->yielding_twice(diary), drink);
    EXPECT(thrown != "nothing",
           "A coroutine yielded a second time, and nobody noticed. The customer is told that all "
           "is well, and what was to be done after that, a commit perhaps, has not been done.");
    EXPECT(thrown != "something else",
           "A coroutine yielded a second time, and what was thrown is no std::logic_error, as that "
           "of `enter` is. It says that the coroutine is wrong, and not what it worked on.");
    EXPECT(diary.empty(),
           "A coroutine yielded a second time and went on behind that. A commit that stands there "
           "counts, and the customer is told of an error.");
}

TEST_CASE("The teardown's exception keeps its type", "[pitfall][stage 2]") {
    if (!coroutine_is_in_use()) return;
    const std::string out = outcome(coroutines()->spilling_on_the_way_out(), drink);
    EXPECT(out == "threw 2 cups",
           fmt::format("The handler returned, the teardown spilled two cups, and what came out "
                       "was: {}. The shop answers by the type of what it catches.",
                       out));
}

TEST_CASE("A dependency that never yields is an error") {
    if (!coroutine_is_in_use()) return;
    bool ran = false;
    const std::string thrown =
        kind_of_error(coroutines()->never_yielding(false), [&ran](int&) { ran = true; });
    EXPECT(thrown == "std::logic_error",
           fmt::format("A coroutine yielded nothing, and what was thrown is {}, no "
                       "std::logic_error, which says that the coroutine is wrong.",
                       thrown));
    EXPECT(!ran, "A coroutine yielded nothing, and the handler was called with it.");
    CHECK(outcome(coroutines()->never_yielding(true), drink) == "returned");
}

TEST_CASE("When nothing is thrown, the teardown takes the path of success") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    CHECK(outcome(coroutines()->careful(diary), drink) == "returned");
    CHECK(diary == (Diary{"set up", "the way out of success"}));
    CHECK(coroutines()->careful(diary)->answer_of([](int& cup) { return cup; }) == 7);
}

TEST_CASE("A dependency that is never entered sets nothing up") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    { const Lent unused = coroutines()->careful(diary); }
    CHECK(diary.empty());
}

TEST_CASE("A set-up that fails is told, and there is nothing to tear down") {
    if (!coroutine_is_in_use()) return;
    Diary diary;
    bool used = false;
    CHECK(outcome(coroutines()->failing_to_set_up(diary), [&](int&) { used = true; }) == "no cups");
    CHECK(!used);
    CHECK(diary == (Diary{"set up"}));
}

TEST_CASE("An exception is never swallowed on the way out") {
    if (!coroutine_is_in_use()) return;
    EXPECT(outcome(coroutines()->swallowing(), spill) == "threw 3 cups",
           "The handler threw, the coroutine caught it and did not rethrow it, and the customer "
           "is told that all is well.");
}

TEST_CASE("The first error is the one that is told") {
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

    if (!coroutine_is_in_use()) return;
    EXPECT(
        outcome(coroutines()->clumsy(), spill) == "threw 3 cups",
        "The handler threw, then the teardown threw as well, and the second error hid the first: nobody is told what really happened.");
}

TEST_CASE("Bob is shown what he bought and what he wrote") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
}

TEST_CASE("Yielding again after an error does not hide it") {
    if (!coroutine_is_in_use()) return;
    const std::string out = outcome(coroutines()->trying_once_more(), spill);
    EXPECT(out == "threw 3 cups",
           fmt::format("The handler spilled three cups, the coroutine caught that and yielded once "
                       "more, and what came out was: {}. What happened first is the news.",
                       out));
}

TEST_CASE("Every customer is told why, and no connection is left behind") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    expect_told(bob.gets("/items/77"), "Bob", "404 no such item");
    expect_told(bob.gets("/orders/1"), "Bob", "404 no such order");
    expect_told(bob.gets("/reviews/1"), "Bob", "404 no such review");
    expect_told(bob.orders(77, 1), "Bob", "404 no such item");
    expect_told(bob.reviews(77, "What is it?"), "Bob", "404 no such item");
    expect_told(bob.orders(shop::samovar, 1), "Bob", "409 sold out");
    expect_told(bob.posts("/orders", "a teapot, please"), "Bob", "400 the body is not JSON");
    CHECK(bob.orders(shop::teapot, 2).status == 201);
    for (const auto& request : shop.ledger().requests()) CHECK(request.left_open == 0);
    CHECK(shop.ledger().open_connections() == 0);
}
