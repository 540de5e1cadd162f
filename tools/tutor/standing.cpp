#include "tutor/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "tutor/chapter.hpp"
#include "tutor/test_runner.hpp"

namespace tutor {
namespace {

const tools::Stage* find_stage(const tools::Lesson& lesson, int number) {
    const auto found =
        std::find_if(lesson.stages.begin(), lesson.stages.end(),
                     [&](const tools::Stage& stage) { return stage.number == number; });
    return found == lesson.stages.end() ? nullptr : &*found;
}

}  // namespace

Standing standing_of(const std::vector<tools::Test>& tests,
                     const std::vector<tools::TestResult>& results) {
    const std::vector<tools::StageTally> tallies = tools::tally_stages(tests, results);
    Standing standing;
    standing.stages = static_cast<int>(tallies.size());
    if (const tools::StageTally* at = tools::unfinished(tallies)) {
        standing.at = *at;
    } else {
        const auto green = std::count_if(results.begin(), results.end(), is_green);
        standing.at = {0, static_cast<std::size_t>(green), tests.size()};
    }
    return standing;
}

std::string in_words(const Standing& standing) {
    const std::string green = fmt::format("{} of {} green", standing.at.green, standing.at.tests);
    if (standing.at.stage == 0) return green;
    return fmt::format("stage {} of {}: {}", standing.at.stage, standing.stages, green);
}

std::string title_of_stage(const tools::Lesson& lesson, int number) {
    const tools::Stage* stage = find_stage(lesson, number);
    return stage == nullptr ? std::string() : stage->title;
}

std::string name_of_stage(const tools::Lesson& lesson, const Standing& standing) {
    if (standing.at.stage == 0) return {};
    const std::string title = title_of_stage(lesson, standing.at.stage);
    return fmt::format("Stage {} of {}{}{}", standing.at.stage, standing.stages,
                       title.empty() ? "" : ", ", title);
}

std::string sum_of(const std::string& name, const Standing& standing) {
    return name + (standing.at.stage == 0 ? ": " : ", ") + in_words(standing);
}

bool is_folded(const Standing& standing, const tools::TestResult& result) {
    return standing.at.stage > 0 && result.test.stage > standing.at.stage && !is_green(result);
}

std::string folded_in_words(const Standing& standing,
                            const std::vector<tools::TestResult>& results) {
    std::set<int> stages;
    std::size_t red = 0;
    for (const tools::TestResult& result : results) {
        if (!is_folded(standing, result)) continue;
        stages.insert(result.test.stage);
        ++red;
    }
    if (red == 0) return {};
    std::string names;
    for (const int stage : stages) {
        const bool is_last = stage == *stages.rbegin();
        if (!names.empty()) names += is_last ? " and " : ", ";
        names += std::to_string(stage);
    }
    return fmt::format("{} {}: {} more red {}", stages.size() == 1 ? "Stage" : "Stages", names, red,
                       red == 1 ? "test" : "tests");
}

int stage_reached(Context& context, const tools::Lesson& lesson) try {
    if (lesson.stages.empty()) return 0;
    const std::vector<std::string> red = context.progress.red(lesson.stem);
    for (const tools::Test& test : tests_of(context, lesson)) {  // one stage after the other
        if (test.stage > 0 && std::find(red.begin(), red.end(), test.name) != red.end())
            return test.stage;
    }
    return 0;
} catch (const std::runtime_error&) {
    return 0;  // it was never built here
}

std::string stage_to_do(Context& context, const tools::Lesson& lesson) {
    if (lesson.stages.empty() || context.progress.is_done(lesson.stem)) return {};
    const int number = std::max(stage_reached(context, lesson), 1);
    const tools::Stage* stage = find_stage(lesson, number);
    if (stage == nullptr) return {};
    return fmt::format("{} of {}, {} ({} minutes)", number, lesson.stages.size(), stage->title,
                       stage->minutes);
}

void show_place(Context& context, const tools::Lesson& lesson) {
    const Screen& screen = context.screen;
    screen.line(screen.strong(fmt::format("You are at {}.", name_of(lesson))));
    screen.text(wrapped(read_chapter(lesson.chapter).story));
    screen.line();
    if (!lesson.time.empty()) screen.line(fmt::format("Time:  {}", lesson.time));
    const std::string stage = stage_to_do(context, lesson);
    if (!stage.empty()) screen.line(fmt::format("Stage: {}", stage));
    screen.line(fmt::format("Read:  {}:1", chapter_of(context, lesson)));
    std::string_view label = "Edit:";
    for (const std::string& file : files_to_edit(lesson)) {
        screen.line(fmt::format("{:<6} {}:1", label, file));
        label = "";
    }
}

}  // namespace tutor
