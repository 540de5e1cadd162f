#include "tutor/commands/skip.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "tutor/commands/commands.hpp"

namespace tutor {
namespace {

Status skip(Context& context, const std::string& wanted, bool back) {
    const Screen& screen = context.screen;
    const tools::Lesson& lesson = find_lesson(context, wanted);
    skip_lesson(context, lesson, back);
    if (back) {
        screen.line(fmt::format("{}, is open again.", name_of(lesson)));
    } else {
        screen.line(fmt::format("{}, is skipped. Back to it: ./learn skip --back {}",
                                name_of(lesson), lesson.number));
    }
    if (const tools::Lesson* current = current_lesson(context)) {
        screen.line(
            fmt::format("You are at {}: {}:1", name_of(*current), chapter_of(context, *current)));
    }
    return all_well;
}

}  // namespace

void skip_lesson(Context& context, const tools::Lesson& lesson, bool back) {
    if (!back && context.progress.is_done(lesson.stem)) {
        throw WrongUse(fmt::format("{}, is done, so there is nothing to skip.", name_of(lesson)));
    }
    context.progress.set_skipped(lesson.stem, !back);
}

void add_skip(CLI::App& app, Request& request) {
    struct Options {
        std::string lesson;
        bool back = false;
    };
    CLI::App* verb = app.add_subcommand("skip", "Put a lesson off");
    const auto options = std::make_shared<Options>();
    add_lesson_option(*verb, options->lesson);
    verb->add_flag("--back", options->back, "Come back to it");
    request_action(*verb, request, [options](Context& context) {
        return skip(context, options->lesson, options->back);
    });
}

}  // namespace tutor
