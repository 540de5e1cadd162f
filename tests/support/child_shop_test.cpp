// A shop in a process of its own, and SQLite's waiting for locks as a test sees it.
#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "shop/database.hpp"
#include "support/catch.hpp"
#include "support/child_shop.hpp"
#include "support/crowd.hpp"
#include "support/failpoints.hpp"
#include "support/ledger.hpp"
#include "support/lock_waits.hpp"

using support::ChildShop;
using support::Customer;
using support::DatabaseFile;
using support::Held;
using support::LockWaits;
using support::Step;
using support::TestBank;

TEST_CASE("A shop in a process of its own serves, asks the test's bank, and closes") {
    const DatabaseFile database;
    TestBank bank;
    bank.decline("bob", Step::authorize);
    ChildShop child(database, bank);
    Customer alice = child.customer("alice");
    Customer bob = child.customer("bob");
    CHECK(alice.orders(shop::teapot, 2).status == 201);
    CHECK(bob.orders(shop::teapot, 2).told() == "402 payment declined");
    CHECK(bank.asked("alice", Step::authorize) == 1);
    CHECK(bank.asked("bob", Step::authorize) == 1);
    Held held = bank.hold("alice", Step::authorize);
    const auto order = alice.starts_to_order(shop::teapot, 1);
    REQUIRE(held.is_asked());
    CHECK(child.counts().opened == 3);
    CHECK(child.counts().open == 1);
    held.accept();
    CHECK(order.reply().status == 201);
    const ChildShop::End end = child.close();
    CHECK(!end.killed);
    CHECK(end.status == 0);
    CHECK(end.timeline.find("bank") == std::string::npos);  // that was elsewhere
    CHECK(end.timeline.find("COMMIT") != std::string::npos);
    CHECK(database.number("SELECT count(*) FROM orders WHERE card = 'alice'") == 2);
}

TEST_CASE("A shop in a process of its own dies at the step that it is told") {
    int answered = 0;
    std::string steps;
    for (int step = 1; answered == 0; ++step) {
        REQUIRE(step < 30);
        const DatabaseFile database;
        TestBank bank;
        ChildShop child(database, bank, {.dies_at_failpoint = step});
        Customer alice = child.customer("alice");
        answered = alice.orders(shop::teapot, 2).status;
        const ChildShop::End end = answered == 0 ? child.await_end() : child.close();
        CHECK(end.killed == (answered == 0));
        CHECK(end.status == (end.killed ? SIGKILL : 0));
        CHECK(end.step.empty() == !end.killed);
        steps += end.step + "\n";
    }
    CHECK(answered == 201);
    CHECK(steps.find("the bank is about to be asked to authorize alice") != std::string::npos);
    CHECK(steps.find("the bank has answered alice") != std::string::npos);
    CHECK(steps.find("COMMIT") != std::string::npos);
    CHECK(steps.find("the reply 201 is about to leave") != std::string::npos);
}

TEST_CASE("A shop in a process of its own that is gone says so") {
    TestBank bank;
    const DatabaseFile database;
    ChildShop child(database, bank, {.dies_at_failpoint = 1});
    CHECK(child.customer("alice").orders(shop::teapot, 1).status == 0);
    CHECK(child.await_end().killed);
    CHECK_THROWS(child.counts());
}

TEST_CASE("A bank's lost answer is money taken, and its key takes it only once") {
    TestBank bank;
    const shop::NewOrder order{shop::teapot, 2, "alice"};
    bank.lose_next_answer("alice");
    CHECK_THROWS_AS(bank.charge(order, "a"), shop::BankUnreachable);
    CHECK(bank.charges_of("alice") == 1);
    CHECK(bank.charge(order, "a") == shop::Answer::accepted);
    CHECK(bank.charges_of("alice") == 1);
    CHECK(bank.charge(order) == shop::Answer::accepted);
    CHECK(bank.charge(order) == shop::Answer::accepted);
    CHECK(bank.charges_of("alice") == 3);
    bank.decline("bob", Step::charge);
    CHECK(bank.charge({shop::teapot, 1, "bob"}, "b") == shop::Answer::declined);
    CHECK(bank.charges_of("bob") == 0);
    CHECK(bank.charges().front().key == "a");
    CHECK(bank.asked("alice", Step::charge) == 4);
}

TEST_CASE("A card that was declined or broken works again") {
    TestBank bank;
    bank.decline("alice", Step::charge);
    bank.fail("bob", Step::charge);
    bank.mend("alice");
    CHECK(bank.charge({shop::teapot, 1, "alice"}) == shop::Answer::accepted);
    CHECK_THROWS_AS(bank.charge({shop::teapot, 1, "bob"}), shop::BankUnreachable);
    bank.mend("bob");
    CHECK(bank.charge({shop::teapot, 1, "bob"}) == shop::Answer::accepted);
}

TEST_CASE("A visitor is called at each statement, on its thread, and not for its own") {
    support::Ledger::instance().start();
    const DatabaseFile database;
    SQLite::Database connection(database.path(), SQLite::OPEN_READWRITE);
    std::vector<std::string> steps;
    {
        const support::FailpointVisitor visitor([&](const std::string& step) {
            SQLite::Database(database.path(), SQLite::OPEN_READWRITE).exec("SELECT 7");
            steps.push_back(step);
        });
        connection.exec("BEGIN");
        connection.exec("ROLLBACK");
    }
    connection.exec("SELECT 1");
    CHECK(steps == std::vector<std::string>{"BEGIN", "ROLLBACK"});
}

TEST_CASE("A connection that waits for a lock is seen, and gets it") {
    const DatabaseFile database;
    const LockWaits waits;
    const support::Ledger::Unseen unseen;
    SQLite::Database first(database.path(), SQLite::OPEN_READWRITE);
    SQLite::Database second(database.path(), SQLite::OPEN_READWRITE, 60'000);
    first.exec("BEGIN IMMEDIATE");
    support::Crowd crowd;
    const auto written = crowd.start([&] { return second.exec("BEGIN IMMEDIATE; COMMIT"); });
    REQUIRE(waits.somebody_waits());
    first.exec("COMMIT");
    CHECK_NOTHROW(written.get());
    CHECK(waits.count() > 0);
}

TEST_CASE("Waits that return at once end in SQLITE_BUSY, and later ones are as they were") {
    const DatabaseFile database;
    const support::Ledger::Unseen unseen;
    SQLite::Database before(database.path(), SQLite::OPEN_READWRITE);
    {
        const LockWaits waits(LockWaits::Length::none);
        SQLite::Database first(database.path(), SQLite::OPEN_READWRITE);
        SQLite::Database second(database.path(), SQLite::OPEN_READWRITE, 3'600'000);
        first.exec("BEGIN IMMEDIATE");
        CHECK_THROWS_AS(second.exec("BEGIN IMMEDIATE"), SQLite::Exception);
        CHECK(waits.count() > 0);
    }
    const LockWaits waits;
    CHECK(waits.count() == 0);
}
