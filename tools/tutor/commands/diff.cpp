#include "tutor/commands/diff.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string_view>

#include "text/diff.hpp"
#include "text/text.hpp"
#include "tutor/commands/commands.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

// The same for a screen that has colours.
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

}  // namespace

std::string difference(const Context& context, const tools::Lesson& lesson) {
    return tools::folders_diff(context.root, fs::path("lessons") / lesson.stem,
                               fs::path("solutions") / lesson.stem);
}

Status diff(Context& context, const std::string& wanted) {
    const tools::Lesson& lesson = find_lesson(context, wanted);
    const std::string text = difference(context, lesson);
    if (text.empty()) {
        warn(fmt::format("lessons/{0} and solutions/{0} are the same.", lesson.stem));
        return all_well;
    }
    context.screen.text(coloured_difference(context.screen, text));
    return all_well;
}

void add_diff(CLI::App& app, Request& request) {
    CLI::App* verb = app.add_subcommand("diff", "From your files to the solution's");
    const auto lesson = std::make_shared<std::string>();
    add_lesson_option(*verb, *lesson);
    request_action(*verb, request, [lesson](Context& context) { return diff(context, *lesson); });
}

}  // namespace tutor
