#include "tutor/commands/take.hpp"

#include <fmt/format.h>

#include "text/text.hpp"
#include "tutor/backups.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

Files files_of_solution(const Desk& desk, const tools::Lesson& lesson) {
    Files files;
    const fs::path folder = desk.root / "solutions" / lesson.stem;
    if (fs::is_directory(folder)) {
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (!entry.is_regular_file()) continue;
            files.emplace(entry.path().filename().string(), tools::read_file(entry.path()));
        }
    }
    if (files.empty()) {
        throw WrongUse(
            fmt::format("The solution is not there: solutions/{} has no files.", lesson.stem));
    }
    return files;
}

void say_where(const Screen& screen, const fs::path& copy, const tools::Lesson& lesson) {
    screen.line(fmt::format("What was there: {}", copy.string()));
    screen.line(fmt::format("To have it back: cp {}/* lessons/{}/", copy.string(), lesson.stem));
}

}  // namespace

fs::path reset_lesson(Desk& desk, const tools::Lesson& lesson) {
    const fs::path copy = put_into_lesson(desk.root, lesson.stem, starter_of(desk.root, lesson));
    desk.progress.reopen(lesson.stem);
    desk.progress.set_hints_shown(lesson.stem, 0);
    desk.progress.set_red(lesson.stem, {});
    return copy;
}

fs::path take_solution(Desk& desk, const tools::Lesson& lesson) {
    return put_into_lesson(desk.root, lesson.stem, files_of_solution(desk, lesson));
}

Status reset(Desk& desk, const std::string& wanted) {
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    const fs::path copy = reset_lesson(desk, lesson);
    if (copy.empty()) {
        desk.screen.line(fmt::format("{}, is as it was handed out.", name_of(lesson)));
        return all_well;
    }
    desk.screen.line(fmt::format("{}, is again as it was handed out.", name_of(lesson)));
    say_where(desk.screen, copy, lesson);
    return all_well;
}

Status solution(Desk& desk, const std::string& wanted, bool take) {
    const Screen& screen = desk.screen;
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    if (!take) {
        for (const auto& [name, text] : files_of_solution(desk, lesson)) {
            screen.line(screen.strong(fmt::format("// solutions/{}/{}", lesson.stem, name)));
            screen.text(text);
            screen.line();
        }
        return all_well;
    }
    const fs::path copy = take_solution(desk, lesson);
    if (copy.empty()) {
        screen.line(fmt::format("lessons/{} is the solution already.", lesson.stem));
        return all_well;
    }
    screen.line(fmt::format("lessons/{} is now the solution.", lesson.stem));
    say_where(screen, copy, lesson);
    return all_well;
}

}  // namespace tutor
