#include "tutor/test_runner.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace tutor {
namespace {

using tools::TestResult;

// What several threads work through together.
class Queue {
 public:
    Queue(const Desk& desk, const tools::Lesson& lesson, const std::vector<tools::Test>& tests,
          const std::function<bool()>& cancelled, const std::function<void(TestResult)>& take,
          AfterHang after_hang, const std::function<void(const TestResult&)>& glimpse)
        : desk_(desk),
          lesson_(lesson),
          tests_(tests),
          cancelled_(cancelled),
          take_(take),
          after_hang_(after_hang),
          glimpse_(glimpse),
          results_(tests.size()) {}

    void work() try {
        while (const auto index = next()) {
            hand_over(*index,
                      run_one_test(desk_, lesson_, tests_[*index], [this] { return is_over(); }));
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

    const Desk& desk_;
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

void run_tests(const Desk& desk, const tools::Lesson& lesson, const std::vector<tools::Test>& tests,
               const std::function<bool()>& cancelled,
               const std::function<void(tools::TestResult)>& take, AfterHang after_hang,
               const std::function<void(const tools::TestResult&)>& glimpse) {
    Queue queue(desk, lesson, tests, cancelled, take, after_hang, glimpse);
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

}  // namespace tutor
