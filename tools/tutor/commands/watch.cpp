// watch: what ./learn alone does on a terminal.
#include "tutor/watch/watch.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "tutor/commands/commands.hpp"
#include "tutor/screen.hpp"

namespace tutor {

int watch_here(const std::string& lesson) {
    // What is warned of while the course is opened would be gone
    // as soon as the watch fills the screen.
    std::string warnings;
    Context context = [&warnings] {
        const WarningListener listener([&warnings](std::string_view warning) {
            warnings += fmt::format("{}{}", warnings.empty() ? "" : " ", warning);
        });
        return open_context_here();
    }();
    return watch(context, lesson, warnings);
}

void add_watch(CLI::App& app, Request& request) {
    CLI::App* verb = app.add_subcommand("watch", "The screen of ./learn, at that lesson");
    const auto lesson = std::make_shared<std::string>();
    add_lesson_option(*verb, *lesson);
    verb->callback([&request, lesson] {
        request.run = [lesson] {
            if (!can_watch()) throw WrongUse("watch needs a terminal.");
            return watch_here(*lesson);
        };
    });
}

}  // namespace tutor
