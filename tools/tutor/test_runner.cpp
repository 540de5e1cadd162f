#include "tutor/test_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "tutor/build.hpp"

namespace tutor {
namespace {

using tools::TestResult;

// What several threads work through together.
class Queue {
 public:
    Queue(const Context& context, const tools::Lesson& lesson,
          const std::vector<tools::Test>& tests, const std::function<bool()>& cancelled,
          const std::function<void(TestResult)>& take, AfterHang after_hang,
          const std::function<void(const TestResult&)>& glimpse)
        : context_(context),
          lesson_(lesson),
          tests_(tests),
          cancelled_(cancelled),
          take_(take),
          after_hang_(after_hang),
          glimpse_(glimpse),
          results_(tests.size()) {}

    void work() try {
        while (const auto index = next()) {
            hand_over(*index, run_one_test(context_, lesson_, tests_[*index],
                                           [this] { return is_over(); }));
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
    }

    void finish() const {
        if (error_) std::rethrow_exception(error_);
    }

 private:
    bool is_over() {
        const std::lock_guard lock(mutex_);
        return is_over_now();
    }

    bool is_over_now() const { return hung_ || error_ || cancelled_(); }

    std::optional<std::size_t> next() {
        const std::lock_guard lock(mutex_);
        if (is_over_now() || next_ == tests_.size()) return std::nullopt;
        return next_++;
    }

    void hand_over(std::size_t index, TestResult result) {
        const std::lock_guard lock(mutex_);
        if (cancelled_()) return;
        results_[index] = std::move(result);
        if (index != taken_ && !hung_ && glimpse_) glimpse_(*results_[index]);
        while (!hung_ && taken_ < results_.size() && results_[taken_]) {
            hung_ =
                after_hang_ == AfterHang::stop && results_[taken_]->verdict == tools::Verdict::hung;
            take_(*std::move(results_[taken_++]));
        }
    }

    const Context& context_;
    const tools::Lesson& lesson_;
    const std::vector<tools::Test>& tests_;
    const std::function<bool()>& cancelled_;
    const std::function<void(TestResult)>& take_;
    const AfterHang after_hang_;
    const std::function<void(const TestResult&)>& glimpse_;

    std::mutex mutex_;  // for all below
    std::vector<std::optional<TestResult>> results_;
    std::size_t next_ = 0;
    std::size_t taken_ = 0;
    bool hung_ = false;  // and nothing more is wanted
    std::exception_ptr error_;
};

}  // namespace

void run_tests(const Context& context, const tools::Lesson& lesson,
               const std::vector<tools::Test>& tests, const std::function<bool()>& cancelled,
               const std::function<void(tools::TestResult)>& take, AfterHang after_hang,
               const std::function<void(const tools::TestResult&)>& glimpse) {
    Queue queue(context, lesson, tests, cancelled, take, after_hang, glimpse);
    std::vector<std::thread> others;
    // They mostly wait, so that there is more room than there are processors.
    const std::size_t at_once = std::min<std::size_t>(
        tests.size(), std::clamp(2 * std::thread::hardware_concurrency(), 2U, 8U));
    for (std::size_t i = 1; i < at_once; ++i) others.emplace_back([&queue] { queue.work(); });
    queue.work();
    for (std::thread& other : others) other.join();
    queue.finish();
}

const TestResult* red_to_read(const std::vector<TestResult>& results) {
    const TestResult* crashed = nullptr;
    for (const TestResult& result : results) {
        if (is_green(result)) continue;
        if (result.verdict != tools::Verdict::crashed) return &result;
        if (crashed == nullptr) crashed = &result;
    }
    return crashed;
}

std::vector<tools::Test> tests_of(const Context& context, const tools::Lesson& lesson) {
    return tools::read_tests(context.build() / "tests" / (lesson.stem + ".list"));
}

tools::TestResult run_one_test(const Context& context, const tools::Lesson& lesson,
                               const tools::Test& test, const std::function<bool()>& cancelled) {
    // The tests' own watchdog gives up after six times their patience, see tests/support; we after
    // it.
    const char* patience = std::getenv("LEAKLINGS_PATIENCE");
    const int seconds = patience == nullptr ? 0 : std::atoi(patience);
    return tools::run_test(executable_of(context, lesson, Part::tests), test,
                           std::chrono::seconds(6 * std::max(seconds, 5) + 30), cancelled,
                           context.build() / "timelines" / lesson.stem);
}

bool is_green(const tools::TestResult& result) {
    return result.verdict == tools::Verdict::passed;
}
bool ended_badly(const tools::TestResult& result) {
    return result.verdict == tools::Verdict::crashed || result.verdict == tools::Verdict::hung;
}

std::vector<std::string> names_of_red(const std::vector<tools::TestResult>& results) {
    std::vector<std::string> names;
    for (const tools::TestResult& result : results) {
        if (!is_green(result)) names.push_back(result.test.name);
    }
    return names;
}

std::string line_of(const Screen& screen, const tools::TestResult& result) {
    const bool green = is_green(result);
    const std::string_view mark = screen.has_utf8() ? (green ? "✔" : "✘") : (green ? "ok " : "RED");
    const std::string_view how = result.verdict == tools::Verdict::crashed ? " (crashed)"
                                 : result.verdict == tools::Verdict::hung  ? " (hung)"
                                                                           : "";
    return fmt::format("{} {}{}", green ? screen.good(mark) : screen.bad(mark), result.test.name,
                       how);
}

}  // namespace tutor
