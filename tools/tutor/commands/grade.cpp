#include "tutor/commands/grade.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "course/stages.hpp"
#include "text/text.hpp"
#include "tutor/build_report.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/shipped.hpp"
#include "tutor/starters.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view about_grades =
    "A verdict is \"green\", \"red\", \"does not compile\", \"not judged\" (it says why), or\n"
    "\"tests changed\": all is green, but by tests or support that are not as\n"
    "tests/shipped.sha256 has them. So unpack only lessons/ of what was handed in:\n"
    "tar -xf alice.tar lessons\n"
    "For a lesson in stages it also says how many are green; with --json, how many tests each\n"
    "stage has, and the stage of each test (0: none).\n"
    "Leaving early, printing, or writing into the report does not make a lesson green. But its\n"
    "code runs in one process with the tests and can do all that they can, with your rights. If\n"
    "you do not trust it, grade in a sandbox, and read the code.";

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

ordered_json stages_as_json(const Grade& grade) {
    ordered_json stages = ordered_json::array();
    for (const tools::StageTally& tally : tools::tally_stages(grade.tests, grade.results)) {
        stages.push_back({{"stage", tally.stage}, {"green", tally.green}, {"tests", tally.tests}});
    }
    return stages;
}

ordered_json as_json(const Grade& grade) {
    ordered_json tests = ordered_json::array();
    for (const tools::Test& test : grade.tests) {
        const tools::TestResult* result = result_of(grade, test);
        tests.push_back({{"name", test.name},
                         {"pitfall", test.pitfall},
                         {"stage", test.stage},
                         {"verdict", result == nullptr ? "not run" : in_words(result->verdict)},
                         {"message", result == nullptr ? "" : message_of(*result)}});
    }
    return {{"number", grade.lesson->number}, {"stem", grade.lesson->stem},
            {"title", grade.lesson->title},   {"verdict", tutor::in_words(grade.verdict)},
            {"untouched", grade.untouched},   {"changed", grade.changed},
            {"message", grade.message},       {"stages", stages_as_json(grade)},
            {"tests", std::move(tests)}};
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

std::vector<const tools::Lesson*> wanted_lessons(Context& context,
                                                 const std::vector<std::string>& wanted) {
    std::vector<const tools::Lesson*> lessons;
    for (const std::string& each : wanted) {
        const tools::Lesson* lesson = &find_lesson(context, each);
        if (std::find(lessons.begin(), lessons.end(), lesson) == lessons.end())
            lessons.push_back(lesson);
    }
    if (!wanted.empty()) return lessons;
    for (const tools::Lesson& lesson : context.lessons) lessons.push_back(&lesson);
    return lessons;
}

// ", 1 of 3 stages"; of a lesson without stages nothing.
std::string stages_in_words(const Grade& grade) {
    const auto tallies = tools::tally_stages(grade.tests, grade.results);
    if (tallies.empty() || grade.results.empty()) return {};
    const auto done =
        std::count_if(tallies.begin(), tallies.end(),
                      [](const tools::StageTally& tally) { return tally.green == tally.tests; });
    return fmt::format(", {} of {} stages", done, tallies.size());
}

void show(const Screen& screen, const Grade& grade) {
    const auto green = std::count_if(grade.results.begin(), grade.results.end(), is_green);
    const bool is_good = grade.verdict == LessonVerdict::green;
    const std::string head =
        fmt::format("{:<28} {}", grade.lesson->stem, tutor::in_words(grade.verdict));
    const std::string sum = grade.results.empty()
                                ? std::string()
                                : fmt::format(", {} of {} green", green, grade.tests.size());
    screen.line((is_good ? screen.good(head) : screen.bad(head)) + sum + stages_in_words(grade) +
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

Grade grade_build(Context& context, const Build& build) {
    const tools::Lesson& lesson = *build.lesson;
    Grade grade;
    grade.lesson = &lesson;
    grade.untouched = is_untouched(context.root, lesson);
    grade.tests = tests_of(context, lesson);
    context.screen.passing("");
    if (!build.ok()) {
        grade.verdict = LessonVerdict::does_not_compile;
        const Screen screen = std::exchange(context.screen, Screen::plain().into(grade.message));
        show_build(context, build);
        context.screen = screen;
        return grade;
    }
    context.screen.passing(fmt::format("Testing {} ...", lesson.stem));
    run_tests(
        context, lesson, grade.tests, [] { return false; },
        [&](tools::TestResult result) { grade.results.push_back(std::move(result)); });
    const bool all = grade.results.size() == grade.tests.size() &&
                     std::all_of(grade.results.begin(), grade.results.end(), is_green);
    grade.verdict = all ? LessonVerdict::green : LessonVerdict::red;
    return grade;
}

Grade grade_as_it_is(Context& context, const tools::Lesson& lesson) try {
    Grade grade;
    const auto say = [&](std::string_view what) { context.screen.passing(what); };
    build_and_use(context, lesson, {say, {}},
                  [&](const Build& build) { grade = grade_build(context, build); });
    context.screen.passing("");
    return grade;
} catch (const std::runtime_error& error) {
    Grade grade;
    grade.lesson = &lesson;
    grade.verdict = LessonVerdict::not_judged;
    grade.message = error.what();
    return grade;
}

// Goes on past what does not compile, and keeps no progress. Well when all are green.
Status grade(Context& context, const std::vector<std::string>& wanted, bool json) {
    const std::vector<std::string> changed = changed_since_shipped(context.root);
    std::vector<Grade> grades;
    for (const tools::Lesson* lesson : wanted_lessons(context, wanted)) {
        grades.push_back(grade_lesson(context, *lesson, changed));
        if (!json) show(context.screen, grades.back());
    }
    const auto green = std::count_if(grades.begin(), grades.end(), [](const Grade& each) {
        return each.verdict == LessonVerdict::green;
    });
    if (json) {
        context.screen.line(to_json(grades));
    } else {
        context.screen.line(fmt::format("{} of {} lessons are green.", green, grades.size()));
    }
    return green == static_cast<std::ptrdiff_t>(grades.size()) ? all_well : red;
}

}  // namespace

std::string_view in_words(LessonVerdict verdict) {
    switch (verdict) {
        case LessonVerdict::green:
            return "green";
        case LessonVerdict::red:
            return "red";
        case LessonVerdict::does_not_compile:
            return "does not compile";
        case LessonVerdict::not_judged:
            return "not judged";
        case LessonVerdict::tests_changed:
            return "tests changed";
    }
    return "";
}

Grade grade_lesson(Context& context, const tools::Lesson& lesson,
                   const std::vector<std::string>& changed) {
    Grade grade = grade_as_it_is(context, lesson);
    std::copy_if(changed.begin(), changed.end(), std::back_inserter(grade.changed),
                 [&](const std::string& file) { return has_a_say(file, lesson); });
    if (!grade.changed.empty() && grade.verdict == LessonVerdict::green)
        grade.verdict = LessonVerdict::tests_changed;
    return grade;
}

std::string to_json(const std::vector<Grade>& grades) {
    ordered_json lessons = ordered_json::array();
    for (const Grade& grade : grades) lessons.push_back(as_json(grade));
    return lessons.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void add_grade(CLI::App& app, Request& request) {
    struct Options {
        std::vector<std::string> lessons;
        bool json = false;
    };
    CLI::App* verb =
        app.add_subcommand("grade", "Grade every lesson; 0 when all are green, else 1");
    verb->footer(std::string(about_grades));
    const auto options = std::make_shared<Options>();
    verb->add_option("lesson", options->lessons, "Only these");
    verb->add_flag("--json", options->json, "As JSON");
    request_action(*verb, request, [options](Context& context) {
        return grade(context, options->lessons, options->json);
    });
}

}  // namespace tutor
