// test: builds a lesson, runs its tests, and says what is red and why.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "course/test_result.hpp"
#include "tutor/build_report.hpp"
#include "tutor/chapter.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/failure_report.hpp"
#include "tutor/known_mistakes.hpp"
#include "tutor/quiz.hpp"
#include "tutor/standing.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

using tools::TestResult;

// Fewer results than tests: after one that hung the others were not run. Red tests of later stages
// are only counted, unless `all`.
std::vector<TestResult> show_tests(const Context& context, const tools::Lesson& lesson,
                                   const std::vector<tools::Test>& tests, bool all) {
    std::vector<TestResult> results;
    const auto name_next = [&] {
        if (results.size() < tests.size())
            context.screen.passing(fmt::format("  ... {}", tests[results.size()].name));
    };
    name_next();
    run_tests(
        context, lesson, tests, [] { return false; },
        [&](TestResult result) {
            results.push_back(std::move(result));
            // Tests come stage by stage, so that the first red one of a stage settles which it is.
            if (all || !is_folded(standing_of(tests, results), results.back()))
                context.screen.line("  " + line_of(context.screen, results.back()));
            name_next();
        },
        all ? AfterHang::go_on : AfterHang::stop);
    const std::string folded = folded_in_words(standing_of(tests, results), results);
    if (!all && !folded.empty())
        context.screen.line(
            fmt::format("  {}, which ./learn test {} --all shows", folded, lesson.number));
    return results;
}

std::string sum_in_a_sentence(const tools::Lesson& lesson, const Standing& standing) {
    const std::string stage = name_of_stage(lesson, standing);
    return fmt::format("{}{}{} of {} green.", stage, stage.empty() ? "" : ": ", standing.at.green,
                       standing.at.tests);
}

void show_success(Context& context, const tools::Lesson& lesson) {
    const Screen& screen = context.screen;
    screen.line(screen.good(fmt::format("Well done: {}, is done.", name_of(lesson))));
    screen.line();
    screen.line(fmt::format("Why it works:  {}:{}", chapter_of(context, lesson),
                            read_chapter(lesson.chapter).why));
    if (unanswered(quiz_of(context, lesson)) > 0)
        screen.line(fmt::format("Did it stick?  ./learn quiz {}", lesson.number));
    const tools::Lesson* next = next_lesson(context, lesson);
    if (next == nullptr) {
        screen.line("How to go on:  that was the last lesson. All of them are done.");
        return;
    }
    screen.line(fmt::format("How to go on:  {}: read {}:1, then ./learn test {}", name_of(*next),
                            chapter_of(context, *next), next->number));
}

void show_how_to_go_on(Context& context, const tools::Lesson& lesson, std::size_t red, bool all) {
    const Screen& screen = context.screen;
    screen.line(fmt::format("How to go on:   ./learn hint {0}, or fix it and ./learn test {0}",
                            lesson.number));
    if (red > 1 && !all) {
        screen.line(fmt::format("{:<15} ./learn test {} --all shows all {} red tests in full", "",
                                lesson.number, red));
    }
    if (context.progress.is_done(lesson.stem)) {
        screen.line(fmt::format(
            "{}, was green before and stays done; ./learn list says that it is red now.",
            name_of(lesson)));
    }
}

// A lesson whose tests are all green is done, and stays so when some are red again. After a test
// that hung the others are not run, unless `all`, which also shows each red test in full.
Status test(Context& context, const std::string& wanted, bool all) {
    const Screen& screen = context.screen;
    const tools::Lesson& lesson = find_lesson(context, wanted);
    int tries = 0;
    bool built = false;
    std::vector<tools::Test> tests;
    std::vector<TestResult> results;
    const auto say = [&](std::string_view word) { screen.passing(word); };
    build_and_use(context, lesson, {say, {}}, [&](const Build& build) {
        screen.passing("");
        if (tries++ > 0) screen.line("\nSaved meanwhile, so once more:\n");
        built = show_and_go_on(context, build);
        if (!built) return;
        tests = tests_of(context, lesson);
        screen.line(screen.strong(name_of(lesson)));
        results = show_tests(context, lesson, tests, all);
    });
    screen.passing("");
    if (!built) return does_not_compile;
    const std::vector<std::string> names = names_of_red(results);
    context.progress.set_red(lesson.stem, names);
    remember_failures(context, lesson, results);
    const Standing standing = standing_of(tests, results);
    const std::string sum = sum_in_a_sentence(lesson, standing);
    screen.line();
    const TestResult* first = red_to_read(results, standing.at.stage);
    if (first == nullptr) {
        screen.line(sum);
        context.progress.mark_done(lesson.stem);
        show_success(context, lesson);
        return all_well;
    }
    const auto show = [&](const TestResult& result) {
        show_failure_report(screen, result, executable_of(context, lesson, Part::tests));
        show_page(context, result);
        screen.line();
    };
    show(*first);
    for (const TestResult& result : results) {
        if (all && !is_green(result) && &result != first) show(result);
    }
    screen.line(sum);
    if (results.size() < tests.size()) {
        screen.line(fmt::format("{} not run, because one hung; --all runs them anyway.",
                                tests.size() - results.size()));
    }
    show_where_to_look(context, lesson, *first);
    show_how_to_go_on(context, lesson, names.size(), all);
    return std::any_of(results.begin(), results.end(), ended_badly) ? crashed_or_hung : red;
}

}  // namespace

void add_test(CLI::App& app, Request& request) {
    struct Options {
        std::string lesson;
        bool all = false;
    };
    CLI::App* verb = app.add_subcommand("test", "Build a lesson and run its tests");
    const auto options = std::make_shared<Options>();
    add_lesson_option(*verb, options->lesson);
    verb->add_flag("--all", options->all, "Show every red test in full, not only the first");
    request_action(*verb, request, [options](Context& context) {
        return test(context, options->lesson, options->all);
    });
}

}  // namespace tutor
