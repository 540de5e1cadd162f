#include "tutor/commands/grade.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "text/text.hpp"
#include "tutor/build.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/shipped.hpp"
#include "tutor/starters.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

using nlohmann::ordered_json;

std::string_view in_words(tools::Verdict verdict) {
    switch (verdict) {
        case tools::Verdict::passed:
            return "passed";
        case tools::Verdict::failed:
            return "failed";
        case tools::Verdict::threw:
            return "threw";
        case tools::Verdict::crashed:
            return "crashed";
        case tools::Verdict::hung:
            return "hung";
    }
    return "";
}

// What the test means, in the shop's terms; else what was checked or thrown.
std::string message_of(const tools::TestResult& result) {
    for (const tools::Failure& failure : result.failures) {
        if (!failure.messages.empty()) return failure.messages.front();
    }
    for (const tools::Failure& failure : result.failures) {
        if (!failure.exception.empty()) return failure.exception;
        if (!failure.expression.empty()) return failure.expression;
    }
    return "";
}

const tools::TestResult* result_of(const Grade& grade, const tools::Test& test) {
    const auto found = std::find_if(
        grade.results.begin(), grade.results.end(),
        [&](const tools::TestResult& result) { return result.test.name == test.name; });
    return found == grade.results.end() ? nullptr : &*found;
}

ordered_json as_json(const Grade& grade) {
    ordered_json tests = ordered_json::array();
    for (const tools::Test& test : grade.tests) {
        const tools::TestResult* result = result_of(grade, test);
        tests.push_back({{"name", test.name},
                         {"pitfall", test.pitfall},
                         {"verdict", result == nullptr ? "not run" : in_words(result->verdict)},
                         {"message", result == nullptr ? "" : message_of(*result)}});
    }
    return {{"number", grade.lesson->number}, {"stem", grade.lesson->stem},
            {"title", grade.lesson->title},   {"verdict", tutor::in_words(grade.verdict)},
            {"untouched", grade.untouched},   {"changed", grade.changed},
            {"message", grade.message},       {"tests", std::move(tests)}};
}

// The tests of other lessons and the solutions of later ones have no say in this one's.
bool has_a_say(const std::string& file, const tools::Lesson& lesson) {
    for (const std::string_view folder : {"tests/", "solutions/"}) {
        if (!file.starts_with(folder)) continue;
        const std::string stem = file.substr(folder.size(), lesson.stem.size());
        if (!std::isdigit(static_cast<unsigned char>(stem.front()))) return true;
        return folder == "tests/" ? stem == lesson.stem : stem < lesson.stem;
    }
    return true;
}

std::vector<const tools::Lesson*> wanted_lessons(Desk& desk,
                                                 const std::vector<std::string>& wanted) {
    std::vector<const tools::Lesson*> lessons;
    for (const std::string& each : wanted) {
        const tools::Lesson* lesson = &find_lesson(desk, each);
        if (std::find(lessons.begin(), lessons.end(), lesson) == lessons.end())
            lessons.push_back(lesson);
    }
    if (!wanted.empty()) return lessons;
    for (const tools::Lesson& lesson : desk.lessons) lessons.push_back(&lesson);
    return lessons;
}

void show(const Screen& screen, const Grade& grade) {
    const auto green = std::count_if(grade.results.begin(), grade.results.end(), is_green);
    const bool is_good = grade.verdict == Grade::Verdict::green;
    const std::string head =
        fmt::format("{:<28} {}", grade.lesson->stem, tutor::in_words(grade.verdict));
    const std::string sum = grade.results.empty()
                                ? std::string()
                                : fmt::format(", {} of {} green", green, grade.tests.size());
    screen.line((is_good ? screen.good(head) : screen.bad(head)) + sum +
                (grade.untouched ? ", untouched" : ""));
    for (const std::string& file : grade.changed)
        screen.line(fmt::format("    not as shipped: {}", file));
    for (const std::string_view line : tools::lines_of(grade.message))
        screen.line(fmt::format("    {}", line));
    for (const tools::TestResult& result : grade.results) {
        if (is_green(result)) continue;
        screen.line("  " + line_of(screen, result));
        screen.text(wrapped(message_of(result), 6));
    }
    if (grade.results.size() < grade.tests.size() && !grade.results.empty())
        screen.line(fmt::format("  {} not run, because one hung",
                                grade.tests.size() - grade.results.size()));
}

Grade grade_build(Desk& desk, const Build& build) {
    const tools::Lesson& lesson = *build.lesson;
    Grade grade;
    grade.lesson = &lesson;
    grade.untouched = is_untouched(desk.root, lesson);
    grade.tests = tests_of(desk, lesson);
    desk.screen.passing("");
    if (!build.ok()) {
        grade.verdict = Grade::Verdict::does_not_compile;
        const Screen screen = std::exchange(desk.screen, Screen::plain().into(grade.message));
        show_build(desk, build);
        desk.screen = screen;
        return grade;
    }
    desk.screen.passing(fmt::format("Testing {} ...", lesson.stem));
    run_tests(
        desk, lesson, grade.tests, [] { return false; },
        [&](tools::TestResult result) { grade.results.push_back(std::move(result)); });
    const bool all = grade.results.size() == grade.tests.size() &&
                     std::all_of(grade.results.begin(), grade.results.end(), is_green);
    grade.verdict = all ? Grade::Verdict::green : Grade::Verdict::red;
    return grade;
}

Grade grade_as_it_is(Desk& desk, const tools::Lesson& lesson) try {
    Grade grade;
    const auto say = [&](std::string_view what) { desk.screen.passing(what); };
    build_and_use(desk, lesson, {say, {}},
                  [&](const Build& build) { grade = grade_build(desk, build); });
    desk.screen.passing("");
    return grade;
} catch (const std::runtime_error& error) {
    Grade grade;
    grade.lesson = &lesson;
    grade.verdict = Grade::Verdict::not_judged;
    grade.message = error.what();
    return grade;
}

}  // namespace

std::string_view in_words(Grade::Verdict verdict) {
    switch (verdict) {
        case Grade::Verdict::green:
            return "green";
        case Grade::Verdict::red:
            return "red";
        case Grade::Verdict::does_not_compile:
            return "does not compile";
        case Grade::Verdict::not_judged:
            return "not judged";
        case Grade::Verdict::tests_changed:
            return "tests changed";
    }
    return "";
}

Grade grade_lesson(Desk& desk, const tools::Lesson& lesson,
                   const std::vector<std::string>& changed) {
    Grade grade = grade_as_it_is(desk, lesson);
    std::copy_if(changed.begin(), changed.end(), std::back_inserter(grade.changed),
                 [&](const std::string& file) { return has_a_say(file, lesson); });
    if (!grade.changed.empty() && grade.verdict == Grade::Verdict::green)
        grade.verdict = Grade::Verdict::tests_changed;
    return grade;
}
std::string to_json(const std::vector<Grade>& grades) {
    ordered_json lessons = ordered_json::array();
    for (const Grade& grade : grades) lessons.push_back(as_json(grade));
    return lessons.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status grade(Desk& desk, const std::vector<std::string>& wanted, bool json) {
    const std::vector<std::string> changed = changed_since_shipped(desk.root);
    std::vector<Grade> grades;
    for (const tools::Lesson* lesson : wanted_lessons(desk, wanted)) {
        grades.push_back(grade_lesson(desk, *lesson, changed));
        if (!json) show(desk.screen, grades.back());
    }
    const auto green = std::count_if(grades.begin(), grades.end(), [](const Grade& each) {
        return each.verdict == Grade::Verdict::green;
    });
    if (json) {
        desk.screen.line(to_json(grades));
    } else {
        desk.screen.line(fmt::format("{} of {} lessons are green.", green, grades.size()));
    }
    return green == static_cast<std::ptrdiff_t>(grades.size()) ? all_well : red;
}

}  // namespace tutor
