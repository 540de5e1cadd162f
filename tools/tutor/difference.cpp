#include "tutor/difference.hpp"

#include <fmt/format.h>

#include "text/diff.hpp"
#include "text/text.hpp"
#include "tutor/commands/commands.hpp"

namespace fs = std::filesystem;

namespace tutor {

std::string difference(const Desk& desk, const tools::Lesson& lesson) {
    return tools::folders_diff(desk.root, fs::path("lessons") / lesson.stem,
                               fs::path("solutions") / lesson.stem);
}

std::string coloured_difference(const Screen& screen, std::string_view difference) {
    std::string text;
    for (const std::string_view each : tools::lines_of(difference)) {
        // To a file or a program it goes as it is.
        const std::string line = screen.is_terminal() ? tools::printable(each) : std::string(each);
        const bool head = line.starts_with("--- ") || line.starts_with("+++ ");
        if (head) {
            text += screen.strong(line);
        } else if (line.starts_with('+')) {
            text += screen.good(line);
        } else if (line.starts_with('-')) {
            text += screen.bad(line);
        } else {
            text += line.starts_with("@@") ? screen.faint(line) : line;
        }
        text += '\n';
    }
    return text;
}

Status diff(Desk& desk, const std::string& wanted) {
    const tools::Lesson& lesson = find_lesson(desk, wanted);
    const std::string text = difference(desk, lesson);
    if (text.empty()) {
        warn(fmt::format("lessons/{0} and solutions/{0} are the same.", lesson.stem));
        return all_well;
    }
    desk.screen.text(coloured_difference(desk.screen, text));
    return all_well;
}

}  // namespace tutor
