#include "tutor/commands/hint.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tutor/chapter.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/known_mistakes.hpp"

namespace tutor {
namespace {

struct NextHint {
    Hint hint;
    int number = 0;  // from 1
    int count = 0;
};

// Counts as shown from now on; nothing when all have been.
std::optional<NextHint> next_hint(Context& context, const tools::Lesson& lesson) {
    std::vector<Hint> hints = read_chapter(lesson.chapter).hints;
    if (hints.empty()) {
        throw WrongUse(fmt::format("{} has no hints for lesson {}.", chapter_of(context, lesson),
                                   lesson.number));
    }
    const int count = static_cast<int>(hints.size());
    const int shown = context.progress.hints_shown(lesson.stem);
    if (shown >= count) return std::nullopt;
    context.progress.set_hints_shown(lesson.stem, shown + 1);
    return NextHint{std::move(hints[static_cast<std::size_t>(shown)]), shown + 1, count};
}

}  // namespace

Status hint(Context& context, const std::string& wanted, bool again) {
    const Screen& screen = context.screen;
    const tools::Lesson& lesson = find_lesson(context, wanted);
    if (again) context.progress.set_hints_shown(lesson.stem, 0);
    const std::optional<NextHint> next = next_hint(context, lesson);
    const std::string mistake = likely_mistake(context, lesson);
    if (!mistake.empty()) {
        screen.text(mistake);
        screen.line();
    }
    if (next) {
        screen.line(screen.strong(fmt::format("Hint {} of {} for {}: {}", next->number, next->count,
                                              name_of(lesson), next->hint.summary)));
        screen.line();
        screen.text(next->hint.text);
        screen.line();
    }
    if (next && next->number < next->count) {
        screen.line(fmt::format("One more: ./learn hint {}", lesson.number));
    } else {
        screen.line(
            fmt::format("That was the last hint. From the first again: ./learn hint {0} --again. "
                        "Against the solution: ./learn diff {0}",
                        lesson.number));
    }
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
    verb->add_flag("--again", options->again, "Start with the first again");
    request_action(*verb, request, [options](Context& context) {
        return hint(context, options->lesson, options->again);
    });
}

}  // namespace tutor
