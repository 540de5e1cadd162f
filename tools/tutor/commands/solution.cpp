// solution: shows a lesson's solution, or puts it in the place of the learner's files.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "text/text.hpp"
#include "tutor/backups.hpp"
#include "tutor/commands/commands.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

Files files_of_solution(const Context& context, const tools::Lesson& lesson) {
    Files files;
    const fs::path folder = context.root / "solutions" / lesson.stem;
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

Status solution(Context& context, const std::string& wanted, bool take) {
    const Screen& screen = context.screen;
    const tools::Lesson& lesson = find_lesson(context, wanted);
    if (!take) {
        for (const auto& [name, text] : files_of_solution(context, lesson)) {
            screen.line(screen.strong(fmt::format("// solutions/{}/{}", lesson.stem, name)));
            screen.text(text);
            screen.line();
        }
        return all_well;
    }
    const fs::path backup =
        put_into_lesson(context.root, lesson.stem, files_of_solution(context, lesson));
    if (backup.empty()) {
        screen.line(fmt::format("lessons/{} is the solution already.", lesson.stem));
        return all_well;
    }
    screen.line(fmt::format("lessons/{} is now the solution.", lesson.stem));
    show_backup(screen, backup, lesson);
    return all_well;
}

}  // namespace

void add_solution(CLI::App& app, Request& request) {
    struct Options {
        std::string lesson;
        bool take = false;
    };
    CLI::App* verb = app.add_subcommand("solution", "Show the solution");
    const auto options = std::make_shared<Options>();
    add_lesson_option(*verb, options->lesson);
    verb->add_flag("--take", options->take, "Replace your files with it; what you wrote is kept");
    request_action(*verb, request, [options](Context& context) {
        return solution(context, options->lesson, options->take);
    });
}

}  // namespace tutor
