#include "tutor/commands/hint.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tutor/chapter.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/known_mistakes.hpp"
#include "tutor/standing.hpp"

namespace tutor {
namespace {

struct Place {
    std::vector<Hint> hints;
    std::size_t next = 0;  // the one to be shown; past the last when all have been
};

// Hints of a stage that is done are left out.
Place find_next(Context& context, const tools::Lesson& lesson) {
    Place place{read_chapter(lesson.chapter).hints,
                static_cast<std::size_t>(context.progress.hints_shown(lesson.stem))};
    const std::vector<Hint>& hints = place.hints;
    if (hints.empty()) {
        throw WrongUse(fmt::format("{} has no hints for lesson {}.", chapter_of(context, lesson),
                                   lesson.number));
    }
    const int stage = stage_reached(context, lesson);
    const auto is_of_done_stage = [&](const Hint& hint) {
        return hint.stage > 0 && hint.stage < stage;
    };
    while (place.next < hints.size() && is_of_done_stage(hints[place.next])) ++place.next;
    return place;
}

// How to go on after the hint at `shown`.
std::string what_comes_next(const tools::Lesson& lesson, const std::vector<Hint>& hints,
                            std::size_t shown) {
    if (shown + 1 >= hints.size()) {
        return fmt::format(
            "That was the last hint. To start over: ./learn hint {0} --again. To compare with the "
            "solution: ./learn diff {0}",
            lesson.number);
    }
    const int next = hints[shown + 1].stage;
    if (next == hints[shown].stage || next == 0)
        return fmt::format("One more: ./learn hint {}", lesson.number);
    return fmt::format("That was the last hint of stage {}. For stage {}: ./learn hint {}",
                       hints[shown].stage, next, lesson.number);
}

}  // namespace

Status hint(Context& context, const std::string& wanted, bool again) {
    const Screen& screen = context.screen;
    const tools::Lesson& lesson = find_lesson(context, wanted);
    if (again) context.progress.set_hints_shown(lesson.stem, 0);
    const auto [hints, next] = find_next(context, lesson);
    const std::string mistake = likely_mistake(context, lesson);
    if (!mistake.empty()) {
        screen.text(mistake);
        screen.line();
    }
    if (next < hints.size()) {
        context.progress.set_hints_shown(lesson.stem, static_cast<int>(next) + 1);
        screen.line(screen.strong(fmt::format("Hint {} of {} for {}: {}", next + 1, hints.size(),
                                              name_of(lesson), hints[next].summary)));
        screen.line();
        screen.text(hints[next].text);
        screen.line();
    }
    screen.line(what_comes_next(lesson, hints, next));
    return all_well;
}

void add_hint(CLI::App& app, Request& request) {
    struct Options {
        std::string lesson;
        bool again = false;
    };
    CLI::App* verb = app.add_subcommand("hint", "One more hint");
    const auto options = std::make_shared<Options>();
    add_lesson_option(*verb, options->lesson);
    verb->add_flag("--again", options->again, "Start over from the first");
    request_action(*verb, request, [options](Context& context) {
        return hint(context, options->lesson, options->again);
    });
}

}  // namespace tutor
