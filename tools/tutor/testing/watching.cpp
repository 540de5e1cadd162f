#include "tutor/testing/watching.hpp"

#include "text/text.hpp"

tools::Command watching(const MiniCourse& course, const Environment& more) {
    tools::Command command = course.command({});
    command.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"},       {"LC_ALL", "C.UTF-8"},
                           {"DISPLAY", ""},   {"WAYLAND_DISPLAY", ""}, {"BROWSER", ""}};
    command.environment.insert(command.environment.end(), more.begin(), more.end());
    command.limit = build_patience;
    return command;
}

bool in_order(const std::string& text, const std::vector<std::string>& parts) {
    std::size_t at = 0;
    for (const std::string& part : parts) {
        at = text.find(part, at);
        if (at == std::string::npos) return false;
    }
    return true;
}

std::string with_includes(const std::string& text, const std::string& includes) {
    return tools::replaced(text, "#include <optional>", "#include <optional>\n" + includes);
}
