#include "course/test_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "course/durations.hpp"
#include "course/test_report.hpp"
#include "process/command.hpp"
#include "process/temporary_folder.hpp"
#include "support/protocol.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

// More than any lesson needs, and less than brings a machine down. Catch2 keeps what goes through
// std::cout in memory, so a loop that prints eats it up. Sanitizers map far more than they use; the
// tests may be built with one where we are not.
std::size_t most_memory() {
    const bool sanitized = LEAKLINGS_SANITIZED || std::getenv("TSAN_OPTIONS") != nullptr;
    return sanitized ? 0 : 2UL << 30;
}

// The name as Catch2's filters want it.
std::string filter_for(const std::string& name) {
    std::string filter;
    for (const char c : name) {
        if (std::strchr("\\,[]\"~", c) != nullptr) filter += '\\';
        filter += c;
    }
    return filter;
}

// The watchdog of the tests gives up after this when one gets no further; we some time later.
std::chrono::seconds limit_of_a_test() {
    const char* text = std::getenv(protocol::patience_variable);
    const int patience = std::max(text == nullptr ? 0 : std::atoi(text), protocol::usual_patience);
    return std::chrono::seconds(2 * protocol::most_patiences * patience);
}

// Nobody guesses it.
std::string secret_word() {
    std::random_device random;
    std::string word;
    for (int i = 0; i < 4; ++i) word += fmt::format("{:08x}", random());
    return word;
}

bool holds(const fs::path& file, const std::string& word) {
    std::ifstream stream(file);
    std::string text;
    return std::getline(stream, text) && text == word;
}

// A run of a tests' executable: what it writes goes into a folder of its own, so that a crash
// leaves nothing behind.
class Run {
 public:
    Run(const fs::path& executable, const std::vector<std::string>& which, const fs::path& pages) {
        command.words = {executable.string()};
        command.words.insert(command.words.end(), which.begin(), which.end());
        command.words.insert(command.words.end(),
                             {"--reporter", "xml", "--out", report().string()});
        command.environment = {
            {"TMPDIR", folder_.path().string()},
            {protocol::pages_variable, pages.string()},
            {protocol::seal_variable, seal().string() + protocol::seal_separator + word_}};
        command.temporary = folder_.path();
        command.most_memory = most_memory();
    }
    fs::path report() const { return folder_.path() / "report.xml"; }
    bool is_sealed() const { return holds(seal(), word_); }

    Command command;

 private:
    fs::path seal() const { return folder_.path() / "seal"; }

    const TemporaryFolder folder_{place_for_quick_files()};
    const std::string word_ = secret_word();
};

// In the middle of the test, by its own will, even if the report says otherwise.
// Another status may be a sanitizer's.
bool exited(const Outcome& outcome, bool sealed) {
    return outcome.exit_status == protocol::exit_status_of_an_exit ||
           (outcome.exit_status == 0 && !sealed);
}

bool ended_by_us(const Outcome& outcome) {
    return outcome.out_of_time || outcome.flooded || outcome.stopped_by != 0 ||
           outcome.exit_status == protocol::exit_status_of_a_hang;
}

Verdict verdict_of(const TestReport& report) {
    if (report.crashed) return Verdict::crashed;
    if (report.threw) return Verdict::threw;
    return report.succeeded ? Verdict::passed : Verdict::failed;
}

Verdict verdict_of(const Outcome& outcome, const TestReport& report, bool complete, bool sealed) {
    if (ended_by_us(outcome)) return Verdict::hung;
    if (outcome.signal != 0 || exited(outcome, sealed) || !complete) return Verdict::crashed;
    const Verdict verdict = verdict_of(report);
    // The test passed, but the process did not: a sanitizer's finding, or a crash on the way out.
    // Or the report is not what the tests had to say.
    if (verdict == Verdict::passed && !(sealed && outcome.ok())) return Verdict::crashed;
    return verdict;
}

TestResult run_test(const fs::path& executable, const Test& test, const RunOptions& options,
                    const std::function<bool()>& cancelled) {
    Run alone(executable, {filter_for(test.name)}, options.pages);
    if (options.green_pages)
        alone.command.environment.emplace_back(protocol::green_pages_variable, "1");
    alone.command.limit = limit_of_a_test();
    alone.command.cancelled = cancelled;
    Outcome outcome = run(alone.command);
    outcome.output = printable(outcome.output);
    const RunReport whole(alone.report());
    const TestReport report = whole.of(test.name);
    const bool sealed = alone.is_sealed();
    TestResult result;
    result.exited = exited(outcome, sealed);
    const bool ended = outcome.exit_status >= 0 && !result.exited;
    if (ended && whole.is_complete() && !report.seen) {
        throw std::runtime_error(
            fmt::format("{} has no test \"{}\"; it may be older than its source",
                        executable.filename().string(), test.name));
    }
    result.test = test;
    result.verdict = verdict_of(outcome, report, whole.is_complete(), sealed);
    result.failures = report.failures;
    result.timeline = timeline_in(outcome.output);
    result.output = outcome.output + report.captured;
    result.page = take_page_out_of(result.output);
    result.signal = outcome.signal;
    result.stopped_by = outcome.stopped_by;
    result.flooded = outcome.flooded;
    return result;
}

// What several threads work through together, the slow tests first.
class Queue {
 public:
    Queue(const fs::path& executable, const std::vector<Test>& tests, const RunOptions& options)
        : executable_(executable),
          tests_(tests),
          options_(options),
          durations_(read_durations(executable)),
          order_(order_to_begin(tests, durations_)),
          ended_(tests.size()) {}

    void work() try {
        while (const auto index = next()) {
            const auto begin = std::chrono::steady_clock::now();
            TestResult result =
                run_test(executable_, tests_[*index], options_, [this] { return is_over(); });
            hand_over(*index, std::move(result), std::chrono::steady_clock::now() - begin);
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
    }

    // When all threads are gone.
    std::vector<TestResult> results() {
        if (error_) std::rethrow_exception(error_);
        remember_durations(executable_, durations_);
        return std::move(taken_);
    }

 private:
    bool is_cancelled() const { return options_.cancelled && options_.cancelled(); }

    bool is_over() {
        const std::lock_guard lock(mutex_);
        return is_over_now();
    }

    bool is_over_now() const { return hung_ || error_ || is_cancelled(); }

    std::optional<std::size_t> next() {
        const std::lock_guard lock(mutex_);
        if (is_over_now() || next_ == tests_.size()) return std::nullopt;
        return order_[next_++];
    }

    void hand_over(std::size_t index, TestResult result, std::chrono::nanoseconds took) {
        const std::lock_guard lock(mutex_);
        if (is_cancelled()) return;
        durations_[result.test.name] = std::chrono::duration_cast<std::chrono::milliseconds>(took);
        ended_[index] = std::move(result);
        if (index != taken_.size() && !hung_ && options_.glimpse) options_.glimpse(*ended_[index]);
        while (!hung_ && taken_.size() < ended_.size() && ended_[taken_.size()]) {
            const TestResult& taken = taken_.emplace_back(*std::move(ended_[taken_.size()]));
            hung_ = options_.stop_after_hang && taken.verdict == Verdict::hung;
            if (options_.take) options_.take(taken);
        }
    }

    const fs::path& executable_;
    const std::vector<Test>& tests_;
    const RunOptions& options_;

    std::mutex mutex_;  // for all below
    Durations durations_;
    const std::vector<std::size_t> order_;
    std::vector<std::optional<TestResult>> ended_;
    std::vector<TestResult> taken_;
    std::size_t next_ = 0;
    bool hung_ = false;  // and nothing more is wanted
    std::exception_ptr error_;
};

}  // namespace

std::vector<TestResult> run_tests(const fs::path& executable, const std::vector<Test>& tests,
                                  const RunOptions& options) {
    Queue queue(executable, tests, options);
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < std::min(options.at_once, tests.size()); ++i)
        others.emplace_back([&queue] { queue.work(); });
    queue.work();
    for (std::thread& other : others) other.join();
    return queue.results();
}

std::vector<TestResult> run_in_one_process(const fs::path& executable,
                                           const std::vector<Test>& tests, unsigned seed) {
    Run all(executable, {"--order", "rand", "--rng-seed", std::to_string(seed)}, {});
    all.command.limit = std::chrono::minutes(10);
    const Outcome outcome = run(all.command);
    const RunReport whole(all.report());
    if (!whole.is_complete()) return {};
    std::vector<TestResult> results;
    bool all_pass = true;
    for (const Test& test : tests) {
        TestReport report = whole.of(test.name);
        if (!report.seen) return {};
        all_pass = all_pass && report.succeeded;
        TestResult& result = results.emplace_back();
        result.test = test;
        result.verdict = verdict_of(report);
        result.failures = std::move(report.failures);
    }
    const bool ended =
        outcome.exit_status >= 0 && !ended_by_us(outcome) && !exited(outcome, all.is_sealed());
    if (!ended || outcome.ok() != all_pass) return {};
    return results;
}

}  // namespace tools
