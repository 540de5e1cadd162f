#include "tutor/commands/reset.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "tutor/backups.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

Status reset(Context& context, const std::string& wanted) {
    const tools::Lesson& lesson = find_lesson(context, wanted);
    const fs::path backup = reset_lesson(context, lesson);
    if (backup.empty()) {
        context.screen.line(fmt::format("{}, is as it was handed out.", name_of(lesson)));
        return all_well;
    }
    context.screen.line(fmt::format("{}, is again as it was handed out.", name_of(lesson)));
    show_backup(context.screen, backup, lesson);
    return all_well;
}

}  // namespace

fs::path reset_lesson(Context& context, const tools::Lesson& lesson) {
    const fs::path backup =
        put_into_lesson(context.root, lesson.stem, starter_of(context.root, lesson));
    context.progress.reopen(lesson.stem);
    context.progress.set_hints_shown(lesson.stem, 0);
    context.progress.set_red(lesson.stem, {});
    return backup;
}

void add_reset(CLI::App& app, Request& request) {
    CLI::App* verb = app.add_subcommand("reset", "Begin a lesson afresh; your files are kept");
    const auto lesson = std::make_shared<std::string>();
    add_lesson_option(*verb, *lesson);
    request_action(*verb, request, [lesson](Context& context) { return reset(context, *lesson); });
}

}  // namespace tutor
