#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "course/test_result.hpp"
#include "tutor/build.hpp"
#include "tutor/chapter.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/failure_report.hpp"
#include "tutor/known_mistakes.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

using tools::TestResult;

// Fewer results than tests: after one that hung the others were not run.
std::vector<TestResult> show_tests(const Desk& desk, const tools::Lesson& lesson,
                                   const std::vector<tools::Test>& tests, bool all) {
    std::vector<TestResult> results;
    const auto name_next = [&] {
        if (results.size() < tests.size())
            desk.screen.passing(fmt::format("  ... {}", tests[results.size()].name));
    };
    name_next();
    run_tests(
        desk, lesson, tests, [] { return false; },
        [&](TestResult result) {
            results.push_back(std::move(result));
            desk.screen.line("  " + line_of(desk.screen, results.back()));
            name_next();
        },
        all ? AfterHang::go_on : AfterHang::stop);
    return results;
}

void show_success(Desk& desk, const tools::Lesson& lesson) {
    const Screen& screen = desk.screen;
    screen.line(screen.good(fmt::format("Well done: {}, is done.", name_of(lesson))));
    screen.line();
    screen.line(fmt::format("Why it works:  {}:{}", chapter_of(desk, lesson),
                            read_chapter(lesson.chapter).why));
    const tools::Lesson* next = next_lesson(desk, lesson);
    if (next == nullptr) {
        screen.line("How to go on:  that was the last lesson. All of them are done.");
        return;
    }
    screen.line(fmt::format("How to go on:  {}: read {}:1, then ./learn test {}", name_of(*next),
                            chapter_of(desk, *next), next->number));
}

void show_how_to_go_on(Desk& desk, const tools::Lesson& lesson, std::size_t red, bool all) {
    const Screen& screen = desk.screen;
    screen.line(fmt::format("How to go on:   ./learn hint {0}, or mend it and ./learn test {0}",
                            lesson.number));
    if (red > 1 && !all) {
        screen.line(fmt::format("{:<15} ./learn test {} --all shows all {} red tests in full", "",
                                lesson.number, red));
    }
    if (desk.progress.is_done(lesson.stem)) {
        screen.line(fmt::format(
            "{}, was green before and stays done; ./learn list says that it is red now.",
            name_of(lesson)));
    }
}

}  // namespace

Status test(Desk& desk, const std::string& wanted, bool all) {
    const Screen& screen = desk.screen;
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    int tries = 0;
    bool built = false;
    std::vector<tools::Test> tests;
    std::vector<TestResult> results;
    const auto say = [&](std::string_view word) { screen.passing(word); };
    build_and_use(desk, lesson, {say, {}}, [&](const Build& build) {
        screen.passing("");
        if (tries++ > 0) screen.line("\nSaved meanwhile, so once more:\n");
        built = show_and_go_on(desk, build);
        if (!built) return;
        tests = tests_of(desk, lesson);
        screen.line(screen.strong(name_of(lesson)));
        results = show_tests(desk, lesson, tests, all);
    });
    screen.passing("");
    if (!built) return does_not_compile;
    const std::vector<std::string> names = names_of_red(results);
    desk.progress.set_red(lesson.stem, names);
    remember_failures(desk, lesson, results);
    const auto green = std::count_if(results.begin(), results.end(), is_green);
    const std::string sum = fmt::format("{} of {} green.", green, tests.size());
    screen.line();
    const TestResult* first = red_to_read(results);
    if (first == nullptr) {
        screen.line(sum);
        desk.progress.mark_done(lesson.stem);
        show_success(desk, lesson);
        return all_well;
    }
    const auto show = [&](const TestResult& result) {
        show_red(screen, result, executable_of(desk, lesson, Part::tests));
        show_page(desk, result);
        screen.line();
    };
    show(*first);
    for (const TestResult& result : results) {
        if (all && !is_green(result) && &result != first) show(result);
    }
    screen.line(sum);
    if (results.size() < tests.size()) {
        screen.line(fmt::format("{} not run, because one hung; --all runs them nevertheless.",
                                tests.size() - results.size()));
    }
    show_where_to_look(desk, lesson, *first);
    show_how_to_go_on(desk, lesson, names.size(), all);
    return std::any_of(results.begin(), results.end(), ended_badly) ? crashed_or_hung : red;
}

}  // namespace tutor
