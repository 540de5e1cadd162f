// What the pool's lessons see and steer: the opening of connections, the clock, the metrics.
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "support/catch.hpp"
#include "support/connects.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"
#include "support/metrics.hpp"
#include "support/test_clock.hpp"

using namespace support;

TEST_CASE("A connection that is held while it is opened holds up no other") {
    const DatabaseFile file;
    Connects connects;
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
        Connects connects;
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
