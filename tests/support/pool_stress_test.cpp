// The pool of lesson 12 with everything going wrong at once and at random: connections that cannot
// be opened, cleaned or used any more, customers who give up or are turned away, leases that end in
// another thread. Afterwards its books have to be in order.
//
// It takes a fraction of a second, or as long as the environment says:
//
//     LEAKLINGS_STRESS_SECONDS=60 LEAKLINGS_PATIENCE=30 support_tests "The pool keeps its books*"
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "earlier/12_pass_the_baton/pool.hpp"
#include "support/catch.hpp"
#include "support/patience.hpp"
#include "support/pool_stress.hpp"

using namespace std::chrono_literals;
using namespace pool_stress;

namespace {

// What the customers have seen.
struct Told {
    std::atomic<std::uint64_t> cycles{0};
    std::atomic<std::uint64_t> leases{0};
    std::atomic<std::uint64_t> dropped_elsewhere{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> exhausted{0};
    std::atomic<std::uint64_t> stranded{0};  // willing to wait, and never served
    std::atomic<std::uint64_t> overtaken{
        0};  // times that a connection was free while somebody waited
};

class Rush {
 public:
    Rush(StressPool& pool, Told& told) : pool_(pool), told_(told) {}

    // Until `done(cycles of this customer)`, or until somebody is stranded.
    template <typename Done>
    void run(unsigned customers, Done done) {
        std::vector<std::thread> servants;
        for (unsigned i = 0; i < 2; ++i) {
            servants.emplace_back([this, i] {
                dice().seed(1000 + i);
                while (const auto lease = queue_.take()) (*lease)->use();
            });
        }
        std::vector<std::thread> crowd;
        for (unsigned i = 0; i < customers; ++i) {
            crowd.emplace_back([this, done, i, name = "customer " + std::to_string(i)] {
                dice().seed(i);
                for (std::uint64_t cycle = 0; told_.stranded == 0 && !done(cycle); ++cycle)
                    one_cycle(name);
            });
        }
        for (std::thread& customer : crowd) customer.join();
        queue_.close();
        for (std::thread& servant : servants) servant.join();
    }

 private:
    void one_cycle(const std::string& name) {
        ++told_.cycles;
        if (one_in(8)) look();
        const bool patient = !one_in(4);
        shop::Clock::duration max_wait = 3 * support::patience();
        if (!patient) max_wait = std::chrono::microseconds(one_in(2) ? 0 : dice()() % 100);
        const auto came = std::chrono::steady_clock::now();
        try {
            auto lease = pool_.acquire(name, max_wait);
            ++told_.leases;
            lease->use();
            if (!one_in(4)) return;
            ++told_.dropped_elsewhere;
            queue_.put(std::move(lease));
        } catch (const shop::PoolExhausted&) {
            ++told_.exhausted;
            std::this_thread::yield();  // else those who are turned away do nothing but ask again
            if (patient && std::chrono::steady_clock::now() - came >= max_wait) ++told_.stranded;
        } catch (const std::runtime_error&) {
            ++told_.failed;
        } catch (int) {
            ++told_.failed;
        }
    }

    void look() {
        const shop::PoolStats now = pool_.stats();
        if (now.waiting > 0 && now.in_use < now.max) ++told_.overtaken;
    }

    StressPool& pool_;
    Told& told_;
    LeaseQueue queue_;
};

std::uint64_t dirty_returns(const shop::PoolStats& stats) {
    return std::accumulate(
        stats.dirty_returns.begin(), stats.dirty_returns.end(), std::uint64_t{0},
        [](std::uint64_t sum, const auto& holder) { return sum + holder.second; });
}

void print(const Told& told, const StressCounts& counts, const shop::PoolStats& stats) {
    const auto line = [](const char* what, std::uint64_t count) {
        std::printf("  %12llu  %s\n", static_cast<unsigned long long>(count), what);
    };
    line("cycles", told.cycles);
    line("leases", told.leases);
    line("leases dropped in another thread", told.dropped_elsewhere);
    line("connections opened", counts.opened);
    line("failed connects", counts.failed);
    line("time-outs", stats.timeouts);
    line("turned away, for too many were waiting", stats.rejected);
    line("connections discarded", stats.discarded);
    line("  of them because they could not be cleaned", counts.uncleanable);
    line("  of them because they were found invalid", counts.invalid);
    line("dirty returns", counts.dirty);
    std::fflush(stdout);
}

// Everything at random, then the books.
void stress(std::chrono::milliseconds max_age) {
    const int seconds = stress_seconds();
    NEED(seconds <= 5 * support::patience().count(),
         "the watchdog would end this: set LEAKLINGS_PATIENCE to a quarter of "
         "LEAKLINGS_STRESS_SECONDS");

    constexpr unsigned customers = 12;
    shop::PoolOptions options;
    options.max_connections = 4;
    options.max_waiting = 10;
    options.max_age = max_age;
    StressCounts counts;
    counts.max = options.max_connections;
    Told told;
    StressPool pool(RandomManager(counts), options);

    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    Rush(pool, told).run(customers, [&](std::uint64_t cycles) {
        return seconds > 0 ? std::chrono::steady_clock::now() >= end : cycles >= 500;
    });

    const shop::PoolStats stats = pool.stats();
    if (seconds > 0) print(told, counts, stats);
    EXPECT(counts.too_many == 0, "there were more connections than there may be");
    EXPECT(counts.crowded == 0, "two threads used one connection at the same time");
    EXPECT(told.stranded == 0, "somebody waited to the end and was never served");
    EXPECT(told.overtaken == 0, "a connection was free while somebody waited for one");
    EXPECT(stats.waiting == 0, "all have gone, and still somebody waits");
    EXPECT(stats.in_use == 0, "every lease has ended, and still a connection is lent");
    CHECK(stats.leases.empty());

    CHECK(told.cycles == told.leases + told.failed + told.exhausted);
    // It counts a connection that is lent and then cannot be opened, too.
    CHECK(stats.acquired == told.leases + told.failed);
    CHECK(stats.timeouts + stats.rejected == told.exhausted);
    CHECK(stats.failed == told.failed);
    CHECK(stats.failed == counts.failed);
    CHECK(stats.opened == counts.opened);
    CHECK(counts.reset == told.leases);
    CHECK(dirty_returns(stats) == counts.dirty + counts.uncleanable);
    const std::uint64_t no_good = counts.uncleanable + counts.invalid;
    const bool may_be_too_old = max_age < 1min;
    CHECK((may_be_too_old ? stats.discarded >= no_good : stats.discarded == no_good));
    CHECK(stats.opened - stats.discarded == static_cast<std::uint64_t>(stats.idle));
    CHECK(counts.alive == stats.idle);

    counts.calm = true;
    std::vector<StressPool::Lease> all;
    for (int i = 0; i < options.max_connections; ++i) {
        INFO("a permit was lost");
        REQUIRE_NOTHROW(all.push_back(pool.acquire("the last", 0ms)));
    }
    CHECK_THROWS_AS(pool.acquire("one too many", 0ms), shop::PoolExhausted);
    CHECK(counts.alive == options.max_connections);
    all.clear();
    CHECK(pool.stats().in_use == 0);
    CHECK(pool.stats().timeouts == stats.timeouts + 1);
}

}  // namespace

TEST_CASE("The pool keeps its books when everything goes wrong at random") {
    stress(1h);
}

TEST_CASE("The pool keeps its books when its connections are soon too old as well") {
    stress(1ms);
}
