#include <fmt/format.h>

#include "chapter.hpp"
#include "verbs.hpp"

namespace tutor {

Status hint(Desk& desk, const std::string& wanted, bool again) {
    const Screen& screen = desk.screen;
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    const std::vector<Hint> hints = read_chapter(lesson.chapter).hints;
    if (hints.empty()) {
        throw WrongUse(
            fmt::format("{} has no hints for lesson {}.", chapter_of(desk, lesson), lesson.number));
    }
    const int count = static_cast<int>(hints.size());
    const int shown = again ? 0 : desk.progress.hints_shown(lesson.stem);
    if (shown < count) {
        const Hint& next = hints[static_cast<std::size_t>(shown)];
        screen.line(screen.strong(fmt::format("Hint {} of {} for {}: {}", shown + 1, count,
                                              name_of(lesson), next.summary)));
        screen.line();
        screen.text(next.text);
        screen.line();
        desk.progress.set_hints_shown(lesson.stem, shown + 1);
    }
    if (shown + 1 < count) {
        screen.line(fmt::format("One more: ./learn hint {}", lesson.number));
    } else {
        screen.line(
            fmt::format("That was the last hint. From the first again: ./learn hint {0} "
                        "--again. The solution is in solutions/{1}.",
                        lesson.number, lesson.stem));
    }
    return all_well;
}

}  // namespace tutor
