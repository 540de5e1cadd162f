#include "tutor/commands/hint.hpp"

#include <fmt/format.h>

#include "tutor/commands/commands.hpp"
#include "tutor/known_mistakes.hpp"

namespace tutor {

std::optional<NextHint> next_hint(Desk& desk, const tools::Lesson& lesson) {
    std::vector<Hint> hints = read_chapter(lesson.chapter).hints;
    if (hints.empty()) {
        throw WrongUse(
            fmt::format("{} has no hints for lesson {}.", chapter_of(desk, lesson), lesson.number));
    }
    const int count = static_cast<int>(hints.size());
    const int shown = desk.progress.hints_shown(lesson.stem);
    if (shown >= count) return std::nullopt;
    desk.progress.set_hints_shown(lesson.stem, shown + 1);
    return NextHint{std::move(hints[static_cast<std::size_t>(shown)]), shown + 1, count};
}

Status hint(Desk& desk, const std::string& wanted, bool again) {
    const Screen& screen = desk.screen;
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    if (again) desk.progress.set_hints_shown(lesson.stem, 0);
    const std::optional<NextHint> next = next_hint(desk, lesson);
    const std::string overlooked = what_is_overlooked(desk, lesson);
    if (!overlooked.empty()) {
        screen.text(overlooked);
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

}  // namespace tutor
