#include "web/state_json.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "course/stages.hpp"
#include "tutor/build_report.hpp"
#include "tutor/failure_report.hpp"
#include "tutor/standing.hpp"
#include "tutor/test_runner.hpp"
#include "tutor/watch/test_round.hpp"

namespace web {
namespace {

using tools::TestResult;
using tutor::Round;

std::string_view name_of_verdict(const TestResult& result) {
    switch (result.verdict) {
        case tools::Verdict::passed:
            return "green";
        case tools::Verdict::crashed:
            return "crashed";
        case tools::Verdict::hung:
            return "hung";
        case tools::Verdict::failed:
        case tools::Verdict::threw:
            break;
    }
    return "red";
}

std::string_view name_of_outcome(const Round& round) {
    if (!round.is_over()) return "";
    if (!round.trouble.empty()) return "stuck";
    if (!round.build || !round.build->ok()) return "not built";
    return round.all_green() ? "green" : "red";
}

// What is said on the screen meanwhile.
template <typename Speak>
std::string said(std::string& captured, const Speak& speak) {
    captured.clear();
    speak();
    return std::exchange(captured, {});
}

Json json_of(const tools::Failure& failure) {
    return {{"messages", failure.messages},   {"expression", failure.expression},
            {"expansion", failure.expansion}, {"exception", failure.exception},
            {"file", failure.file},           {"line", failure.line}};
}

Json json_of_red(tutor::Context& context, const Round& round, const TestResult& red,
                 std::string& captured) {
    Json failures = Json::array();
    for (const tools::Failure& failure : red.failures) {
        Json json = json_of(failure);
        if (std::find(failures.begin(), failures.end(), json) == failures.end())
            failures.push_back(std::move(json));
    }
    TestResult words = red;  // without the timeline, which is drawn
    words.timeline.clear();
    return {
        {"name", red.test.name},
        {"verdict", name_of_verdict(red)},
        {"failures", std::move(failures)},
        {"report", said(captured,
                        [&] {
                            tutor::show_failure_report(
                                context.screen, words,
                                tutor::executable_of(context, *round.lesson, tutor::Part::tests));
                        })},
        {"timeline", !red.page.empty()}};
}

// A test that has no result yet is not green, so it is folded as a red one is.
Json json_of_tests(const Round& round, const tutor::Standing& standing) {
    Json tests = Json::array();
    for (std::size_t i = 0; i < round.tests.size(); ++i) {
        const tools::Test& test = round.tests[i];
        const TestResult* result = i < round.results.size() ? &round.results[i] : nullptr;
        for (const TestResult& early : round.early) {
            if (result == nullptr && early.test.name == test.name) result = &early;
        }
        TestResult none;
        none.test = test;
        none.verdict = tools::Verdict::failed;
        tests.push_back({{"name", test.name},
                         {"pitfall", test.pitfall},
                         {"stage", test.stage},
                         {"folded", tutor::is_folded(standing, result != nullptr ? *result : none)},
                         {"state", result != nullptr ? name_of_verdict(*result)
                                   : round.is_over() ? "not run"
                                                     : "waiting"},
                         {"timeline", result != nullptr && !result->page.empty()}});
    }
    return tests;
}

// Those of which there are tests, with their titles.
Json json_of_stages(const Round& round) {
    Json stages = Json::array();
    for (const tools::StageTally& tally : tools::tally_stages(round.tests, round.results)) {
        stages.push_back({{"stage", tally.stage},
                          {"title", tutor::title_of_stage(*round.lesson, tally.stage)},
                          {"green", tally.green},
                          {"tests", tally.tests}});
    }
    return stages;
}

Json json_of_round(tutor::Context& context, const Round& round, std::string& captured) {
    const tutor::Standing standing = round.standing();
    Json json = {{"outcome", name_of_outcome(round)},
                 {"over", round.is_over()},
                 {"doing", round.doing},
                 {"after_save", round.after_save},
                 {"green", round.green()},
                 {"standing", tutor::in_words(standing)},
                 {"stages", json_of_stages(round)},
                 {"folded", tutor::folded_in_words(standing, round.results)},
                 {"tests", json_of_tests(round, standing)},
                 {"trouble", round.trouble}};
    if (round.ended) {
        json["seconds"] = std::chrono::duration<double>(*round.ended - round.began).count();
        json["title"] = tutor::title_of(tutor::Screen::plain(), round, *round.ended);
    }
    json["build"] = round.build ? said(captured, [&] { tutor::show_build(context, *round.build); })
                                : std::string();
    json["built"] = !round.build || round.build->ok();
    if (const TestResult* red = round.first_red())
        json["red"] = json_of_red(context, round, *red, captured);
    return json;
}

}  // namespace

Json json_of_course(tutor::Context& context) {
    const tools::Lesson* current = tutor::current_lesson(context);
    Json lessons = Json::array();
    for (const tools::Lesson& lesson : context.lessons) {
        lessons.push_back({{"stem", lesson.stem},
                           {"number", lesson.number},
                           {"title", lesson.title},
                           {"state", tutor::state_in_words(context, lesson, current)},
                           {"stage", tutor::stage_reached(context, lesson)},
                           {"stages", lesson.stages.size()},
                           {"done", context.progress.is_done(lesson.stem)},
                           {"skipped", context.progress.is_skipped(lesson.stem)},
                           {"hints", context.progress.hints_shown(lesson.stem)}});
    }
    return lessons;
}

Json json_of_watched(tutor::Watched& watched, std::int64_t began, std::string& captured) {
    tutor::Context& context = watched.context;
    const Round& shown = tutor::worth_reading(watched);
    Json json = {{"stem", watched.lesson->stem},
                 {"name", tutor::name_of(*watched.lesson)},
                 {"files", tutor::files_to_edit(*watched.lesson)},
                 {"there", watched.changes->folder_is_there()},
                 {"remark", watched.changes->remark()},
                 {"round", json_of_round(context, watched.round, captured)}};
    json["round"]["began"] = began;
    // While a round has nothing to say, that of the one before is shown.
    if (&shown != &watched.round && shown.lesson == watched.lesson)
        json["before"] = json_of_round(context, shown, captured);
    const tools::Lesson* next = tutor::next_lesson(context, *watched.lesson);
    json["next"] = next == nullptr ? "" : next->stem;
    return json;
}

std::string written(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace web
