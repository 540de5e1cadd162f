// What the pool of lesson 15 does of its own accord, and no lesson asks for: it closes connections
// that nobody has used for long, and counts their age from the moment in which they were opened.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "earlier/15_event_loop_closed/pool.hpp"
#include "support/catch.hpp"
#include "support/fake_database.hpp"

using namespace std::chrono_literals;

namespace {

// Stands still until it is put forward. Nobody waits by it.
class StandingClock : public shop::Clock {
 public:
    time_point now() const override { return now_; }
    void advance(duration by) { now_ += by; }

 private:
    time_point now_{1h};
};

struct Counter {
    explicit Counter(shop::PoolOptions options) : pool(manager, options, clock) {}

    // So many customers at once, who have all gone when it returns.
    void serve(int customers) {
        std::vector<Pool::Lease> leases;
        for (int i = 0; i < customers; ++i) leases.push_back(pool.acquire("a customer", 0s));
    }

    using Pool = shop::Pool<support::FakeManager>;
    support::FakeManager manager;
    StandingClock clock;
    Pool pool;
};

}  // namespace

TEST_CASE("The pool closes connections that nobody has used for long down to a minimum") {
    Counter counter({.max_connections = 5, .idle_timeout = 10min, .min_idle = 2});
    counter.serve(5);
    counter.clock.advance(9min);
    counter.serve(1);
    CHECK(counter.manager.database->open() == 5);
    counter.clock.advance(1min);
    for (const int open : {4, 3, 2, 2}) {
        counter.serve(1);
        CHECK(counter.manager.database->open() == open);
        CHECK(counter.pool.stats().idle == open);
    }
    CHECK(counter.pool.stats().in_use == 0);
    CHECK(counter.pool.stats().discarded == 3);
    counter.serve(5);
    CHECK(counter.manager.database->open() == 5);
    CHECK(counter.manager.database->most() == 5);
}

TEST_CASE("The pool counts a connection's age from its opening") {
    Counter counter({.max_connections = 1, .max_age = 10min});
    counter.manager.database->on_connect = [&](int) { counter.clock.advance(30min); };
    counter.serve(1);
    CHECK(counter.manager.database->open() == 1);
    counter.clock.advance(10min);
    counter.manager.database->on_connect = [](int) {};
    counter.serve(1);
    CHECK(counter.manager.database->opened() == 2);
}
