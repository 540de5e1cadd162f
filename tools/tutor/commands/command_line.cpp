#include "tutor/commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "text/text.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/screen.hpp"
#include "tutor/watch/watch.hpp"

namespace tutor {
namespace {

constexpr std::string_view exit_statuses =
    "Exit status: 0 all is well; 1 a test, a grade or a check is red; 2 wrong use, or something "
    "that\n"
    "is needed is not there; 3 the lesson does not compile; 4 a test crashed or hung; 130 ended by "
    "Ctrl-C.";

#ifdef __clang__
constexpr std::string_view compiler = "clang " __clang_version__;
#else
constexpr std::string_view compiler = "g++ " __VERSION__;
#endif

// In the order in which --help lists them.
void add_verbs(CLI::App& app, Request& request) {
    for (const auto add :
         {add_watch, add_web, add_list, add_test, add_run, add_hint, add_quiz, add_diff,
          add_solution, add_reset, add_skip, add_grade, add_update, add_verify, add_completion}) {
        add(app, request);
    }
    CLI::App* dev = app.add_subcommand("dev", "For authors of lessons");
    dev->require_subcommand(1);
    for (const auto add : {add_dev_new, add_dev_verify, add_dev_mutate, add_dev_hostile,
                           add_dev_overlooked, add_dev_answers}) {
        add(*dev, request);
    }
}

int run_without_verb() {
    if (can_watch()) return watch_here({});
    Context context = open_context_here();
    return show_status(context);
}

}  // namespace

Context open_context_here() {
    const Screen screen = Screen::of_this_process();
    if (screen.is_terminal()) fit_text_to(screen.columns());
    return open_context(std::filesystem::current_path(), screen);
}

void request_action(CLI::App& verb, Request& request, std::function<int(Context&)> action) {
    verb.callback([&request, action = std::move(action)] {
        request.run = [action] {
            Context context = open_context_here();
            return action(context);
        };
    });
}

void add_lesson_option(CLI::App& verb, std::string& lesson) {
    verb.add_option("lesson", lesson, "NN, or its name; without it the current lesson");
}

int run_command_line(int argc, char** argv) {
    Request request = {run_without_verb};
    CLI::App app("Where you stand in the course, and what to do next.", "./learn");
    app.set_version_flag("--version",
                         fmt::format("leaklings tutor 1, compiled like the lessons with {}",
                                     tools::trimmed(compiler)));
    app.require_subcommand(0, 1);
    app.footer(std::string(exit_statuses));
    add_verbs(app, request);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ExtrasError& error) {
        if (app.get_subcommands().empty()) {
            throw WrongUse(fmt::format("There is no verb {}. ./learn --help lists them.", argv[1]));
        }
        throw WrongUse(error.what());
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? all_well : wrong_use;
    }
    return request.run();
}

}  // namespace tutor
