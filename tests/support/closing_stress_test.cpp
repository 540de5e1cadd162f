// The pool of lesson 15, closed by two at once while its customers come and go, and everything goes
// wrong at random. All are told, and nothing is left open.
//
// It takes a fraction of a second, or as long as the environment says:
//
//     LEAKLINGS_STRESS_SECONDS=60 LEAKLINGS_PATIENCE=30 last_pool_tests "The pool closes under*"
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "earlier/15_event_loop_closed/pool.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/patience.hpp"
#include "support/pool_stress.hpp"

using namespace std::chrono_literals;
using namespace pool_stress;

namespace {

// What those have seen who came to the pools of all rounds.
struct Told {
    std::atomic<std::uint64_t> cycles{0};
    std::atomic<std::uint64_t> leases{0};
    std::atomic<std::uint64_t> closed{0};
    std::atomic<std::uint64_t> stranded{0};  // willing to wait, and never told anything
    std::atomic<std::uint64_t> early{0};  // times that a close returned and a connection was idle
};

constexpr unsigned customers = 8;
constexpr unsigned closers = 2;

// Comes again and again until the pool is closed.
void come_and_go(StressPool& pool, LeaseQueue& queue, Told& told,
                 std::atomic<std::uint64_t>& cycles, const std::string& name) {
    while (true) {
        ++cycles;
        shop::Clock::duration max_wait = 3 * support::patience();
        const bool patient = !one_in(4);
        if (!patient) max_wait = std::chrono::microseconds(dice()() % 100);
        try {
            auto lease = pool.acquire(name, max_wait);
            ++told.leases;
            lease->use();
            if (one_in(4)) queue.put(std::move(lease));
        } catch (const shop::PoolClosed&) {
            ++told.closed;
            return;
        } catch (const shop::PoolExhausted&) {
            if (patient) {
                ++told.stranded;
                return;
            }
            std::this_thread::yield();
        } catch (const std::runtime_error&) {  // it could not be opened
        } catch (int) {
        }
    }
}

void one_round(unsigned round, Told& told) {
    shop::PoolOptions options;
    options.max_connections = 3;
    StressCounts counts;
    counts.max = options.max_connections;
    StressPool pool(RandomManager(counts), options);
    LeaseQueue queue;
    std::atomic<std::uint64_t> cycles{0};

    std::thread servant([&] {
        dice().seed(round);
        while (const auto lease = queue.take()) (*lease)->use();
    });
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < customers; ++i) {
        threads.emplace_back([&, i] {
            dice().seed(round * 100 + i);
            come_and_go(pool, queue, told, cycles, "customer " + std::to_string(i));
        });
    }
    for (unsigned i = 0; i < closers; ++i) {
        threads.emplace_back([&, moment = 20 + 7 * (round % 50)] {
            static_cast<void>(support::await([&] { return cycles >= moment; }));
            pool.close();
            if (pool.stats().idle > 0) ++told.early;
        });
    }
    for (std::thread& each : threads) each.join();
    queue.close();
    servant.join();
    told.cycles += cycles;

    const shop::PoolStats stats = pool.stats();
    INFO("round " << round);
    EXPECT(counts.too_many == 0, "there were more connections than there may be");
    EXPECT(counts.crowded == 0, "two threads used one connection at the same time");
    EXPECT(counts.alive == 0,
           "the pool is closed, every lease has ended, and a connection is open");
    EXPECT((stats.in_use == 0 && stats.waiting == 0 && stats.idle == 0 && stats.leases.empty()),
           "the pool is closed, every lease has ended, and by its account somebody is there");
    CHECK_THROWS_AS(pool.acquire("the last", 0ms), shop::PoolClosed);
}

}  // namespace

TEST_CASE("The pool closes under load and leaves nothing open") {
    const int seconds = stress_seconds();
    NEED(seconds <= 5 * support::patience().count(),
         "the watchdog would end this: set LEAKLINGS_PATIENCE to a quarter of "
         "LEAKLINGS_STRESS_SECONDS");
    Told told;
    unsigned rounds = 0;
    // A hundred rounds take a third of a second; on a busy machine there are fewer.
    const auto time = seconds > 0 ? std::chrono::seconds(seconds) : 2 * support::patience();
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end && (seconds > 0 || rounds < 100)) {
        one_round(rounds++, told);
    }
    if (seconds > 0) {
        std::printf("  %u rounds, %llu cycles, %llu leases\n", rounds,
                    static_cast<unsigned long long>(told.cycles),
                    static_cast<unsigned long long>(told.leases));
    }
    EXPECT(told.stranded == 0, "the pool was closed, and one who waited was not told");
    EXPECT(told.early == 0, "a close returned, and a connection was still idle");
    CHECK(told.closed == static_cast<std::uint64_t>(rounds) * customers);
}
