// The program behind ./learn, which sets up and builds the course and hands its words on to this.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "screen.hpp"
#include "verbs.hpp"
#include "watch/watch.hpp"

namespace {

using tutor::Desk;
using tutor::Screen;
using tutor::Status;
using tutor::WrongUse;

constexpr std::string_view statuses =
    "Exit status: 0 all is well; 1 a test is red; 2 wrong use, or something that is needed is not\n"
    "there; 3 the lesson does not compile; 4 a test crashed or hung; 130 ended by Ctrl-C.";

// Whatever runs for us has been killed when this is called.
extern "C" void end_interrupted(int /*signal*/) {
    const char line_end = '\n';
    if (::isatty(STDOUT_FILENO) == 1 && ::write(STDOUT_FILENO, &line_end, 1) < 0) ::_exit(1);
    ::_exit(tutor::interrupted);
}

struct Words {
    std::string lesson;
    bool json = false;
    bool all = false;
    bool again = false;
    bool take = false;
    bool back = false;
};

Desk desk_here() {
    return tutor::open_desk(std::filesystem::current_path(), Screen::of_this_process());
}

// What is said while the desk is opened would be gone as soon as the watch fills the screen.
int watch_here(const std::string& lesson) {
    std::string words;
    Desk desk = [&words] {
        const tutor::WarningListener listener([&words](std::string_view word) {
            words += fmt::format("{}{}", words.empty() ? "" : " ", word);
        });
        return desk_here();
    }();
    return tutor::watch(desk, lesson, words);
}

int parse_and_do(int argc, char** argv) {
    Words words;
    CLI::App app("Where you stand in the course, and what to do next.", "./learn");
    app.set_version_flag("--version", "leaklings tutor 1");
    app.require_subcommand(0, 1);
    app.footer(std::string(statuses));

    const auto add = [&](const char* name, const char* what) {
        CLI::App* verb = app.add_subcommand(name, what);
        verb->add_option("lesson", words.lesson, "NN, or its name; without it the current lesson");
        return verb;
    };
    CLI::App* list = app.add_subcommand("list", "The lessons, their states and files");
    list->add_flag("--json", words.json, "As JSON");
    CLI::App* test = add("test", "Build a lesson and run its tests");
    test->add_flag("--all", words.all, "Show every red test in full, not only the first");
    CLI::App* hint = add("hint", "One more hint");
    hint->add_flag("--again", words.again, "Start with the first again");
    CLI::App* diff = add("diff", "From your files to the solution's");
    CLI::App* solution = add("solution", "Show the solution");
    solution->add_flag("--take", words.take, "Put it in the place of your files, which are kept");
    CLI::App* reset = add("reset", "Begin a lesson afresh; your files are kept");
    CLI::App* skip = add("skip", "Put a lesson off");
    skip->add_flag("--back", words.back, "Come back to it");
    CLI::App* update =
        app.add_subcommand("update", "Take a newer course with git; your edits stay");
    CLI::App* watch = add("watch", "What ./learn alone does on a terminal, at that lesson");
    std::vector<std::string> flags;
    add("run", "Run a lesson's server; run NN --help lists its flags")
        ->add_option("flags", flags, "Handed to the server as they are");
    CLI::App* verify = app.add_subcommand("verify", "Check the whole course (./learn does that)");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ExtrasError& error) {
        if (app.get_subcommands().empty()) {
            throw WrongUse(fmt::format("There is no verb {}. ./learn --help lists them.", argv[1]));
        }
        throw WrongUse(error.what());
    } catch (const CLI::ParseError& error) {
        if (app.exit(error) == 0) return tutor::all_well;
        return tutor::wrong_use;
    }
    if (verify->parsed()) throw WrongUse("verify is for the script in the root: ./learn verify");

    if (watch->parsed() && !tutor::can_watch()) {
        throw WrongUse("watch needs a terminal to be shown on.");
    }
    const bool alone = app.get_subcommands().empty();
    if (watch->parsed() || (alone && tutor::can_watch())) return watch_here(words.lesson);

    Desk desk = desk_here();
    if (list->parsed()) return tutor::list(desk, words.json);
    if (test->parsed()) return tutor::test(desk, words.lesson, words.all);
    if (hint->parsed()) return tutor::hint(desk, words.lesson, words.again);
    if (diff->parsed()) return tutor::diff(desk, words.lesson);
    if (solution->parsed()) return tutor::solution(desk, words.lesson, words.take);
    if (reset->parsed()) return tutor::reset(desk, words.lesson);
    if (update->parsed()) return tutor::update(desk);
    if (skip->parsed()) return tutor::skip(desk, words.lesson, words.back);
    return tutor::stand(desk);
}

}  // namespace

int main(int argc, char** argv) try {
    std::signal(SIGINT, end_interrupted);
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool asks_for_help = words.size() == 2 && (words[1] == "--help" || words[1] == "-h");
    if (!words.empty() && words.front() == "run" && !asks_for_help) {
        // Not for CLI11: all that follows the lesson is the server's.
        Desk desk = desk_here();
        return tutor::run(desk, {words.begin() + 1, words.end()});
    }
    return parse_and_do(argc, argv);
} catch (const std::exception& error) {
    tutor::warn(error.what());
    return tutor::wrong_use;
}
