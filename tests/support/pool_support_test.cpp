// What the pool's lessons see and steer: the opening of connections, the clock, the metrics.
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/connect_interceptor.hpp"
#include "support/database_file.hpp"
#include "support/fake_database.hpp"
#include "support/ledger.hpp"
#include "support/metrics.hpp"
#include "support/test_clock.hpp"

using namespace support;

TEST_CASE("A connection that is held while it is opened holds up no other") {
    const DatabaseFile file;
    ConnectInterceptor connects;
    Ledger::instance().start();
    HeldConnect held = connects.hold_next();
    std::atomic<bool> open{false};
    std::thread opener([&] {
        const SQLite::Database connection(file.path());
        open = true;
    });
    CHECK(held.is_tried());
    {
        const SQLite::Database another(file.path());
        CHECK(Ledger::instance().open_connections() == 1);
    }
    CHECK_FALSE(open);
    held.succeed();
    opener.join();
    CHECK(open);
    CHECK(connects.attempts() == 2);
}

TEST_CASE("A connection that cannot be opened is an error and no connection") {
    const DatabaseFile file;
    Ledger::instance().start();
    {
        ConnectInterceptor connects;
        connects.fail_next(1);
        CHECK_THROWS_AS(SQLite::Database(file.path()), SQLite::Exception);
        CHECK_NOTHROW(SQLite::Database(file.path()));
        connects.fail_all();
        CHECK_THROWS_AS(SQLite::Database(file.path()), SQLite::Exception);
        connects.mend();
        CHECK_NOTHROW(SQLite::Database(file.path()));
        HeldConnect held = connects.hold_next();
        held.fail();
        CHECK_THROWS_AS(SQLite::Database(file.path()), SQLite::Exception);
        CHECK(file.number("SELECT count(*) FROM items") == 3);  // the test's own is not asked
        connects.fail_all();
    }
    CHECK_NOTHROW(SQLite::Database(file.path()));
    CHECK(Ledger::instance().opened_connections() == 3);
    CHECK(Ledger::instance().open_connections() == 0);
}

TEST_CASE("The test's clock is the process's until it goes and moves by hand") {
    {
        TestClock clock;
        CHECK(&shop::Clock::of_the_process() == &clock);
        const auto before = clock.now();
        std::mutex mutex;
        std::condition_variable changed;
        std::atomic<int> ended{0};
        std::thread waiter([&] {
            std::unique_lock lock(mutex);
            const auto deadline = before + std::chrono::hours(1);
            while (shop::Clock::of_the_process().wait_until(changed, lock, deadline) ==
                   std::cv_status::no_timeout) {
            }
            ++ended;
        });
        CHECK(clock.now() == before);
        CHECK(ended == 0);
        clock.advance(std::chrono::hours(1));
        waiter.join();
        CHECK(clock.now() - before == std::chrono::hours(1));
    }
    const auto earlier = shop::Clock::of_the_process().now();
    CHECK(earlier <= std::chrono::steady_clock::now());
}

TEST_CASE("A metric is read by its whole name") {
    Reply reply;
    reply.body =
        "# TYPE pool_idle gauge\npool_idle 3\npool_idle_long 7\nwith{holder=\"GET /items\"} 1\n";
    CHECK(metric(reply, "pool_idle") == 3);
    CHECK(metric(reply, "pool_idle_long") == 7);
    CHECK(metric(reply, "pool") == -1);
    CHECK(metric(Reply{}, "pool_idle") == -1);
}

TEST_CASE("The fake database counts its connections and the attempts that failed") {
    const FakeManager manager;
    FakeDatabase& database = *manager.database;
    database.on_connect = [](int attempt) {
        if (attempt == 2) throw 7;
    };
    const FakeConnection first = manager.connect();
    CHECK_THROWS_AS(manager.connect(), int);
    {
        const FakeConnection second = manager.connect();
        CHECK(second.number == 2);
        CHECK(database.open() == 2);
    }
    database.is_away = true;
    CHECK_THROWS_AS(manager.connect(), CannotConnect);
    CHECK(database.open() == 1);
    CHECK(database.most() == 2);
    CHECK(database.attempts() == 4);
    CHECK(database.opened() == 2);
    CHECK(database.failed() == 2);
}

TEST_CASE("A fake connection is closed once, when it goes or another takes its place") {
    const FakeManager manager;
    std::vector<int> closed;
    manager.database->on_close = [&](int number) { closed.push_back(number); };
    {
        FakeConnection connection = manager.connect();
        FakeConnection moved = std::move(connection);
        CHECK(moved.is_open());
        CHECK(closed.empty());
        moved = manager.connect();
        CHECK(moved.number == 2);
        CHECK(closed == std::vector<int>{1});
    }
    CHECK(closed == std::vector<int>{1, 2});
    CHECK(manager.database->open() == 0);
}

TEST_CASE("A fake connection is cleaned and checked as the test says") {
    const FakeManager manager;
    FakeConnection connection = manager.connect();
    CHECK_FALSE(manager.reset(connection));
    connection.is_dirty = true;
    CHECK(manager.reset(connection));
    CHECK_FALSE(manager.reset(connection));
    connection.is_broken = true;
    CHECK_THROWS_AS(manager.reset(connection), std::runtime_error);
    CHECK(manager.is_valid(connection));
    manager.database->is_good = [](int number) { return number > 1; };
    CHECK_FALSE(manager.is_valid(connection));
    connection.check_throws = true;
    CHECK_THROWS_AS(manager.is_valid(connection), int);
    CHECK(manager.database->checks() == 3);
}
