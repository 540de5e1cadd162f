// What a pool costs, and what its fairness costs:
//
//     cmake --preset bench && cmake --build --preset bench && build/bench/bin/pool_bench
//
// fair is the pool of lesson 12, unfair the same without its line of waiters, bare a mutex, a
// vector and a condition variable (unfair_pool.hpp). The session costs nothing.
//
//   cycle  acquire and return, nothing between them
//   work   some rounds of arithmetic, alone
//   wait   acquire, that work, return; and how long each acquire took
//
// The columns that count are in seconds (n, u, m: nano, micro, milli). `cycle` is the time from the
// start to the end of the last thread, divided by the cycles of all; Google Benchmark's own `Time`
// takes the threads' average, which flatters a pool that lets some finish early. `wait_p50`,
// `wait_p99` and `wait_max`: of all acquires of all threads. Debian's library says that it was
// built for debugging: the loops that are measured are compiled here.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "12_pass_the_baton/pool.hpp"
#include "unfair_pool.hpp"

namespace {

using Time = std::chrono::steady_clock::time_point;
using Seconds = std::chrono::duration<double>;

struct Nothing {};

struct Free {
    Nothing connect() const { return {}; }
    bool reset(Nothing& /*session*/) const { return false; }
    bool is_valid(Nothing& /*session*/) const { return true; }
};

// The pool that the threads of one run share.
template <typename AnyPool>
std::unique_ptr<AnyPool> shared_pool;

template <typename AnyPool>
void make_pool(const benchmark::State& state) {
    PoolOptions options;
    options.max_sessions = static_cast<int>(state.range(0));
    options.max_waiting = state.threads();
    options.max_wait = std::chrono::hours(1);
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

// What the threads of one run saw. All have ended their cycles when the first hands in; the last
// one to do so reports on all.
class Report {
 public:
    // `came` is when a thread was ready to begin: none begins before the last is.
    void hand_in(benchmark::State& state, Time came, const std::vector<double>& waits = {}) {
        const auto now = std::chrono::steady_clock::now();
        const std::lock_guard lock(mutex_);
        began_ = std::max(began_, came);
        waits_.insert(waits_.end(), waits.begin(), waits.end());
        if (++threads_ < state.threads()) return;
        const double cycles = static_cast<double>(state.iterations()) * state.threads();
        state.counters["cycle"] = Seconds(now - began_).count() / cycles;
        if (!waits_.empty()) {
            std::sort(waits_.begin(), waits_.end());
            state.counters["wait_p50"] = wait_of(0.50);
            state.counters["wait_p99"] = wait_of(0.99);
            state.counters["wait_max"] = waits_.back();
        }
        waits_.clear();
        began_ = {};
        threads_ = 0;
    }

 private:
    double wait_of(double part) const {
        return waits_.at(static_cast<std::size_t>(part * static_cast<double>(waits_.size() - 1)));
    }

    std::mutex mutex_;
    Time began_;
    std::vector<double> waits_;
    int threads_ = 0;
};
Report report;

template <typename AnyPool>
void cycle(benchmark::State& state) {
    AnyPool& pool = *shared_pool<AnyPool>;
    const Time came = std::chrono::steady_clock::now();
    for ([[maybe_unused]] const auto& iteration : state) {
        auto lease = pool.acquire("GET /items");
        benchmark::DoNotOptimize(*lease);
    }
    report.hand_in(state, came);
}

template <typename AnyPool>
void wait(benchmark::State& state) {
    AnyPool& pool = *shared_pool<AnyPool>;
    std::vector<double> waits(static_cast<std::size_t>(state.max_iterations));
    auto next = waits.begin();
    const Time came = std::chrono::steady_clock::now();
    for ([[maybe_unused]] const auto& iteration : state) {
        const auto asked = std::chrono::steady_clock::now();
        auto lease = pool.acquire("GET /items");
        *next++ = Seconds(std::chrono::steady_clock::now() - asked).count();
        work(state.range(1));
    }
    report.hand_in(state, came, waits);
}

// For each of `threads`: a pool of four, and one with a session for every thread.
template <typename AnyPool>
void add_cycles(const std::string& pool, double min_time) {
    for (const int threads : {1, 2, 8, 64}) {
        auto* run = benchmark::RegisterBenchmark(("cycle/" + pool).c_str(), cycle<AnyPool>);
        run->ArgName("sessions")->Arg(4);
        if (threads != 4) run->Arg(threads);
        run->Threads(threads)->UseRealTime();
        if (min_time > 0) run->MinTime(min_time);
        run->Setup(make_pool<AnyPool>)->Teardown(drop_pool<AnyPool>);
    }
}

template <typename AnyPool>
void add_waits(const std::string& pool, double min_time) {
    auto* run = benchmark::RegisterBenchmark(("wait/" + pool).c_str(), wait<AnyPool>);
    run->ArgNames({"sessions", "work"})->Args({4, 1'000})->Args({4, 10'000});
    run->Threads(8)->Threads(64)->UseRealTime()->Unit(benchmark::kMicrosecond);
    if (min_time > 0) run->MinTime(min_time);
    run->Setup(make_pool<AnyPool>)->Teardown(drop_pool<AnyPool>);
}

}  // namespace

int main(int argc, char** argv) {
    std::string table = "--benchmark_counters_tabular=true";
    std::vector<char*> arguments(argv, std::next(argv, argc));
    arguments.insert(std::next(arguments.begin()), table.data());
    // Unless the caller says how long, long enough that each of 64 threads is given the processor
    // many times over.
    const bool is_told = std::any_of(argv, std::next(argv, argc), [](std::string_view argument) {
        return argument.starts_with("--benchmark_min_time");
    });
    const double min_time = is_told ? 0 : 2;
    int count = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    benchmark::Initialize(&count, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

    add_cycles<Pool<Free>>("fair", min_time);
    add_cycles<UnfairPool<Free>>("unfair", min_time);
    add_cycles<BarePool<Free>>("bare", min_time);
    benchmark::RegisterBenchmark("work", work_alone)->Arg(1'000)->Arg(10'000);
    add_waits<Pool<Free>>("fair", min_time);
    add_waits<UnfairPool<Free>>("unfair", min_time);
    add_waits<BarePool<Free>>("bare", min_time);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
