// What a pool costs, and what its fairness costs:
//
//     cmake --preset bench && cmake --build --preset bench && build/bench/bin/pool_bench
//
// fair is the pool of lesson 12, barging the same with `barging_for` five milliseconds, unfair one
// without a line of waiters, bare a mutex, a vector and a condition variable (unfair_pool.hpp). The
// connection costs nothing.
//
//   cycle  acquire and return, nothing between them
//   work   some rounds of arithmetic, alone
//   wait   acquire, that work, return; and how long each acquire took
//   scrape what GET /metrics asks of the pool, with the lock held for less than that: all connections
//          are lent, and ten routes have left theirs dirty
//   lookup an item out of the database, on a connection of the pool from lesson 11 on, which keeps its
//          statements, and on one that has each prepared anew. Here the connection is a real one
//
// One iteration is a rush: all threads do that for a second (--seconds=0.1: for a tenth of one), so
// that they contend to the end. Hence Google Benchmark's own `Time` says nothing of `cycle` and
// `wait`. Their results are the columns behind it, in seconds (n, u, m: nano, micro, milli):
//
//   cycle     the length of the rush, divided by the cycles of all threads
//   wait_p50  half of all acquires took no longer; likewise wait_p99, and wait_max the longest
//
// Debian's library says that it was built for debugging:
// the loops that are measured are compiled here.
#include <SQLiteCpp/SQLiteCpp.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bench/unfair_pool.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/12_pass_the_baton/pool.hpp"
#include "process/temporary_folder.hpp"
#include "shop/database.hpp"
#include "shop/queries.hpp"

namespace {

using shop::BarePool;
using shop::Pool;
using shop::PoolOptions;
using shop::UnfairPool;

using Time = std::chrono::steady_clock::time_point;
using Seconds = std::chrono::duration<double>;

double seconds = 1;  // of a rush

// Set by the first thread that sees that the time is up.
std::atomic<bool> is_over;

struct Nothing {};

struct Free {
    Nothing connect() const { return {}; }
    bool reset(Nothing& /*connection*/) const { return false; }
    bool is_valid(Nothing& /*connection*/) const { return true; }
};

class BargingPool : public Pool<Free> {
 public:
    BargingPool(Free manager, PoolOptions options) : Pool(manager, barging(options)) {}

 private:
    static PoolOptions barging(PoolOptions options) {
        options.barging_for = std::chrono::milliseconds(5);
        return options;
    }
};

// The pool that the threads of one run share.
template <typename AnyPool>
std::unique_ptr<AnyPool> shared_pool;

template <typename AnyPool>
void make_pool(const benchmark::State& state) {
    PoolOptions options;
    options.max_connections = static_cast<int>(state.range(0));
    options.max_waiting = state.threads();
    options.max_wait = std::chrono::hours(1);
    is_over = false;
    shared_pool<AnyPool> = std::make_unique<AnyPool>(Free{}, options);
}

template <typename AnyPool>
void drop_pool(const benchmark::State& /*state*/) {
    shared_pool<AnyPool>.reset();
}

// Arithmetic that the compiler can neither shorten nor leave out.
void work(std::int64_t rounds) {
    std::uint64_t number = 1;
    for (std::int64_t round = 0; round < rounds; ++round) {
        number = number * 6364136223846793005U + 1442695040888963407U;
        benchmark::DoNotOptimize(number);
    }
}

void work_alone(benchmark::State& state) {
    for ([[maybe_unused]] const auto& iteration : state) work(state.range(0));
}

// What the threads of one rush saw. The last to hand in reports on all.
class Report {
 public:
    void hand_in(benchmark::State& state, std::uint64_t cycles, double length,
                 const std::vector<double>& waits = {}) {
        const std::lock_guard lock(mutex_);
        cycles_ += cycles;
        length_ = std::max(length_, length);
        waits_.insert(waits_.end(), waits.begin(), waits.end());
        if (++threads_ < state.threads()) return;
        state.counters["cycle"] = length_ / static_cast<double>(cycles_);
        if (!waits_.empty()) {
            std::sort(waits_.begin(), waits_.end());
            state.counters["wait_p50"] = wait_of(0.50);
            state.counters["wait_p99"] = wait_of(0.99);
            state.counters["wait_max"] = waits_.back();
        }
        waits_.clear();
        cycles_ = 0;
        length_ = 0;
        threads_ = 0;
    }

 private:
    double wait_of(double part) const {
        return waits_.at(static_cast<std::size_t>(part * static_cast<double>(waits_.size() - 1)));
    }

    std::mutex mutex_;
    std::uint64_t cycles_ = 0;
    double length_ = 0;
    std::vector<double> waits_;
    int threads_ = 0;
};
Report report;

double since(Time began) {
    return Seconds(std::chrono::steady_clock::now() - began).count();
}

template <typename AnyPool>
void cycle(benchmark::State& state) {
    AnyPool& pool = *shared_pool<AnyPool>;
    std::uint64_t cycles = 0;
    double length = 0;
    for ([[maybe_unused]] const auto& rush : state) {
        const Time began = std::chrono::steady_clock::now();
        while (!is_over.load(std::memory_order_relaxed)) {
            auto lease = pool.acquire("GET /items");
            benchmark::DoNotOptimize(*lease);
            if (++cycles % 64 == 0 && since(began) > seconds) is_over = true;
        }
        length = since(began);
    }
    report.hand_in(state, cycles, length);
}

template <typename AnyPool>
void wait(benchmark::State& state) {
    AnyPool& pool = *shared_pool<AnyPool>;
    std::vector<double> waits;
    double length = 0;
    for ([[maybe_unused]] const auto& rush : state) {
        const Time began = std::chrono::steady_clock::now();
        while (!is_over.load(std::memory_order_relaxed)) {
            const Time asked = std::chrono::steady_clock::now();
            auto lease = pool.acquire("GET /items");
            waits.push_back(since(asked));
            work(state.range(1));
            if (since(began) > seconds) is_over = true;
        }
        length = since(began);
    }
    report.hand_in(state, waits.size(), length, waits);
}

struct AlwaysDirty : Free {
    bool reset(Nothing& /*connection*/) const { return true; }
};

void scrape(benchmark::State& state) {
    const auto connections = static_cast<int>(state.range(0));
    Pool<AlwaysDirty> pool({}, {.max_connections = connections});
    for (char route = 'a'; route < 'k'; ++route) pool.acquire(std::string("GET /route-") + route);
    std::vector<Pool<AlwaysDirty>::Lease> lent;
    for (int i = 0; i < connections; ++i) lent.push_back(pool.acquire("GET /items"));
    for ([[maybe_unused]] const auto& iteration : state) benchmark::DoNotOptimize(pool.stats());
}

template <typename Connection>
void lookup(benchmark::State& state) {
    const tools::TemporaryFolder folder(tools::place_for_quick_files());
    const std::string database = (folder.path() / "shop.db").string();
    shop::create_database(database);
    Connection connection(shop::Engine(database).connect());
    for ([[maybe_unused]] const auto& iteration : state) {
        benchmark::DoNotOptimize(shop::find_item(connection, shop::teapot));
    }
}

// For each of `threads`: a pool of four, and one with a connection for every thread.
template <typename AnyPool>
void add_cycles(const std::string& pool) {
    for (const int threads : {1, 2, 8, 64}) {
        auto* run = benchmark::RegisterBenchmark(("cycle/" + pool).c_str(), cycle<AnyPool>);
        run->ArgName("connections")->Arg(4);
        if (threads != 4) run->Arg(threads);
        run->Threads(threads)->Iterations(1)->UseRealTime();
        run->Setup(make_pool<AnyPool>)->Teardown(drop_pool<AnyPool>);
    }
}

template <typename AnyPool>
void add_waits(const std::string& pool) {
    auto* run = benchmark::RegisterBenchmark(("wait/" + pool).c_str(), wait<AnyPool>);
    run->ArgNames({"connections", "work"})->Args({4, 1'000})->Args({4, 10'000});
    run->Threads(8)->Threads(64)->Iterations(1)->UseRealTime();
    run->Setup(make_pool<AnyPool>)->Teardown(drop_pool<AnyPool>);
}

}  // namespace

int main(int argc, char** argv) {
    std::string table = "--benchmark_counters_tabular=true";
    std::vector<char*> arguments{argv[0], table.data()};
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        constexpr std::string_view flag = "--seconds=";
        if (argument.starts_with(flag)) {
            seconds = std::stod(std::string(argument.substr(flag.size())));
        } else {
            arguments.push_back(argv[i]);
        }
    }
    int count = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

    add_cycles<Pool<Free>>("fair");
    add_cycles<BargingPool>("barging");
    add_cycles<UnfairPool<Free>>("unfair");
    add_cycles<BarePool<Free>>("bare");
    benchmark::RegisterBenchmark("work", work_alone)->Arg(1'000)->Arg(10'000);
    benchmark::RegisterBenchmark("scrape", scrape)->ArgName("connections")->Arg(4)->Arg(64);
    benchmark::RegisterBenchmark("lookup/kept", lookup<shop::Connection>);
    benchmark::RegisterBenchmark("lookup/anew", lookup<SQLite::Database>);
    add_waits<Pool<Free>>("fair");
    add_waits<BargingPool>("barging");
    add_waits<UnfairPool<Free>>("unfair");
    add_waits<BarePool<Free>>("bare");
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
