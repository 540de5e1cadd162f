#include "tutor/test_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "course/test_runner.hpp"
#include "tutor/build.hpp"

namespace tutor {

using tools::TestResult;
using tools::Verdict;

std::vector<tools::Test> tests_of(const Context& context, const tools::Lesson& lesson) {
    return tools::read_tests(context.build() / "tests" / (lesson.stem + ".list"));
}

void run_tests(const Context& context, const tools::Lesson& lesson,
               const std::vector<tools::Test>& tests, const std::function<bool()>& cancelled,
               const std::function<void(TestResult)>& take, AfterHang after_hang,
               const std::function<void(const TestResult&)>& glimpse) {
    tools::RunOptions options;
    // They mostly wait: some more than there are processors.
    options.at_once = std::clamp(2 * std::thread::hardware_concurrency() + 4, 6U, 12U);
    options.cancelled = cancelled;
    options.stop_after_hang = after_hang == AfterHang::stop;
    options.pages = context.build() / "timelines" / lesson.stem;
    options.take = take;
    options.glimpse = glimpse;
    tools::run_tests(executable_of(context, lesson, Part::tests), tests, options);
}

bool is_green(const TestResult& result) {
    return result.verdict == Verdict::passed;
}

bool ended_badly(const TestResult& result) {
    return result.verdict == Verdict::crashed || result.verdict == Verdict::hung;
}

std::vector<std::string> names_of_red(const std::vector<TestResult>& results) {
    std::vector<std::string> names;
    for (const TestResult& result : results) {
        if (!is_green(result)) names.push_back(result.test.name);
    }
    return names;
}

std::string line_of(const Screen& screen, const TestResult& result) {
    const bool green = is_green(result);
    const std::string_view mark = screen.has_utf8() ? (green ? "✔" : "✘") : (green ? "ok " : "RED");
    const std::string_view how = result.verdict == Verdict::crashed ? " (crashed)"
                                 : result.verdict == Verdict::hung  ? " (hung)"
                                                                    : "";
    return fmt::format("{} {}{}", green ? screen.good(mark) : screen.bad(mark), result.test.name,
                       how);
}

const TestResult* red_to_read(const std::vector<TestResult>& results, int stage) {
    const auto worth = [&](const TestResult& result) {
        const bool is_later = stage > 0 && result.test.stage > stage;
        return (is_later ? 0 : 2) + (result.verdict == Verdict::crashed ? 0 : 1);
    };
    const TestResult* best = nullptr;
    for (const TestResult& result : results) {
        if (is_green(result)) continue;
        if (best == nullptr || worth(result) > worth(*best)) best = &result;
    }
    return best;
}

}  // namespace tutor
