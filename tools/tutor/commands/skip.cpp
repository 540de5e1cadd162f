#include <fmt/format.h>

#include "tutor/commands/commands.hpp"

namespace tutor {

Status skip(Desk& desk, const std::string& wanted, bool back) {
    const Screen& screen = desk.screen;
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    if (!back && desk.progress.is_done(lesson.stem)) {
        throw WrongUse(fmt::format("{}, is done, so there is nothing to skip.", name_of(lesson)));
    }
    desk.progress.set_skipped(lesson.stem, !back);
    if (back) {
        screen.line(fmt::format("{}, is open again.", name_of(lesson)));
    } else {
        screen.line(fmt::format("{}, is skipped. Back to it: ./learn skip --back {}",
                                name_of(lesson), lesson.number));
    }
    if (const tools::Lesson* current = current_lesson(desk)) {
        screen.line(
            fmt::format("You are at {}: {}:1", name_of(*current), chapter_of(desk, *current)));
    }
    return all_well;
}

}  // namespace tutor
