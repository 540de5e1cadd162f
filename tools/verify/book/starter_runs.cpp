#include "verify/book/starter_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <stdexcept>

#include "text/markdown.hpp"
#include "text/markdown_inline.hpp"
#include "verify/book/book_page.hpp"

namespace verify {
namespace {

// "     3.1  alice (worker 1)" without the number, in whose place stands its width.
std::string without_time(const std::string& line) {
    static const std::regex time(R"(^ *[0-9]+\.[0-9](  ))");
    return std::regex_replace(line, time, "$1");
}

}  // namespace

StarterRuns::StarterRuns(const Course& course, const tools::Lesson& lesson)
    : program_(tests_program(course, lesson.stem)),
      tests_(tests_of(course, lesson)),
      stages_(lesson.stages) {}

const std::vector<tools::TestResult>& StarterRuns::results() {
    if (!results_) {
        std::vector<tools::Test> pitfalls;
        for (const tools::Test& test : tests_) {
            if (test.pitfall) pitfalls.push_back(test);
        }
        be_patient();
        results_ = run_tests(program_, pitfalls);
    }
    return *results_;
}

std::vector<std::string> StarterRuns::tests_block() {
    std::vector<std::string> lines;
    int stage = 0;
    for (const tools::TestResult& result : results()) {
        if (result.test.stage != stage) {
            stage = result.test.stage;
            if (!lines.empty()) lines.emplace_back();
            lines.insert(lines.end(), {head_of_stage(stage), ""});
        }
        if (result.failures.empty() || result.failures.front().messages.empty()) {
            throw std::runtime_error(fmt::format("\"{}\" gives no reason on the starter: {}",
                                                 result.test.name, in_words(result.verdict)));
        }
        lines.push_back(fmt::format("- **{}**", tools::escaped(result.test.name)));
        lines.push_back("  > " + one_line_of_markdown(result.failures.front().messages.front()));
    }
    bool first = true;
    for (const tools::Test& test : tests_) {
        if (test.pitfall) continue;
        if (first && !lines.empty()) lines.emplace_back();
        if (first) lines.insert(lines.end(), {"Already green; keep them green:", ""});
        first = false;
        lines.push_back("- " + tools::escaped(test.name));
    }
    return lines;
}

std::string StarterRuns::head_of_stage(int number) const {
    for (const tools::Stage& stage : stages_) {
        if (stage.number == number)
            return fmt::format("Stage {}, {}:", number, tools::escaped(stage.title));
    }
    return fmt::format("Stage {}:", number);
}

const tools::TestResult& StarterRuns::red_result_of(const std::string& test) {
    const auto result =
        std::find_if(results().begin(), results().end(),
                     [&](const tools::TestResult& each) { return each.test.name == test; });
    if (result == results().end()) {
        throw std::runtime_error(fmt::format("there is no [pitfall] test \"{}\"", test));
    }
    if (result->verdict == tools::Verdict::passed) {
        throw std::runtime_error(fmt::format("\"{}\" passes on the starter", test));
    }
    return *result;
}

std::vector<std::string> StarterRuns::failure_block(const std::string& test) {
    return tools::fenced("text", tools::describe(red_result_of(test)));
}

std::string StarterRuns::timeline_of(const std::string& test) {
    return red_result_of(test).timeline;
}

bool same_in_failures(const std::string& a, const std::string& b) {
    return without_time(a) == without_time(b);
}

}  // namespace verify
