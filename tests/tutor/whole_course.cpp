// A learner who knows all the answers: takes every lesson from red to green in the watch, on a
// terminal, in a copy of the course, by putting the solution's files over the starter's. Says for
// each lesson how long it took from the save to the verdict on the screen. It builds every lesson
// once, which takes minutes:
//
//   whole_course [NN...]    all lessons, or these
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "course.hpp"
#include "files.hpp"
#include "process.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

const fs::path source = LEAKLINGS_SOURCE;
const fs::path root = fs::path(LEAKLINGS_SCRATCH) / "whole";

// Kept between runs, because its first build takes minutes; what is as it should be is not touched.
void copy_course() {
    for (const char* name : {"CMakeLists.txt", "CMakePresets.json", "cmake", "common", "tests",
                             "tools", "lessons", "solutions", "book"}) {
        if (fs::is_regular_file(source / name)) {
            put(root / name, tools::read_file(source / name));
            continue;
        }
        if (std::string_view(name) == "lessons") fs::remove_all(root / name);
        for (const auto& entry : fs::recursive_directory_iterator(source / name)) {
            if (!entry.is_regular_file()) continue;
            put(root / entry.path().lexically_relative(source), tools::read_file(entry.path()));
        }
    }
    fs::remove_all(root / ".learn");
}

void run(std::vector<std::string> words) {
    tools::Command command;
    command.words = std::move(words);
    command.folder = root;
    command.limit = std::chrono::minutes(30);
    const tools::Outcome outcome = tools::run(command);
    if (!outcome.ok()) throw std::runtime_error(outcome.output);
}

void set_up() {
    std::vector<std::string> configure = {"cmake", "--preset", "lessons"};
    const std::string more = tools::replaced(LEAKLINGS_CONFIGURE, "|", "\n");
    for (const std::string_view word : tools::lines_of(more)) {
        if (!word.empty()) configure.emplace_back(word);
    }
    run(configure);
    run({"cmake", "--build", "build/lessons", "--target", "common", "common_main", "support",
         "support_catch"});
}

// As an editor would that saves all its files; those that are right already stay.
void solve(const tools::Lesson& lesson) {
    const fs::path mine = root / "lessons" / lesson.stem;
    const fs::path right = root / "solutions" / lesson.stem;
    for (const auto& entry : fs::directory_iterator(mine)) {
        if (!fs::exists(right / entry.path().filename())) fs::remove(entry.path());
    }
    for (const auto& entry : fs::directory_iterator(right)) {
        put(mine / entry.path().filename(), tools::read_file(entry.path()));
    }
}

void await(Terminal& terminal, const std::string& text) {
    const auto fails = [&] {
        const std::string title = terminal.screen().row(0);
        const bool other = title.starts_with("NOT BUILT") || title.starts_with("STUCK");
        return other || (text.starts_with("GREEN") && title.starts_with("RED") &&
                         title.find(" green, ") != std::string::npos &&
                         title.find("saved") != std::string::npos);
    };
    const bool seen =
        terminal.awaits([&] { return terminal.screen().row(0).starts_with(text) || fails(); });
    if (!seen || fails()) {
        throw std::runtime_error(
            fmt::format("the screen does not show {}, but:\n{}", text, terminal.screen().text()));
    }
}

double take(const tools::Lesson& lesson) {
    tools::Command command;
    command.words = {LEAKLINGS_TUTOR, "watch", lesson.number};
    command.folder = root;
    command.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"LC_ALL", "C.UTF-8"}};
    command.limit = std::chrono::minutes(15);
    Terminal terminal(command, 120, 50);
    const std::string name = fmt::format("  {}, ", lesson.number);
    await(terminal, "RED" + name);
    // Not the first red test, but the verdict.
    terminal.shows(" green, in ");
    const Clock::time_point saved = Clock::now();
    solve(lesson);
    await(terminal, "GREEN" + name);
    const double seconds = std::chrono::duration<double>(Clock::now() - saved).count();
    fmt::print("{}  {:5.2f} s  {}\n", lesson.number, seconds, terminal.screen().row(0));
    std::fflush(stdout);
    terminal.type("q");
    if (terminal.end() != 0) throw std::runtime_error("the watch did not end well");
    return seconds;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> wanted(argv + 1, argv + argc);
    copy_course();
    set_up();
    std::vector<double> all;
    for (const tools::Lesson& lesson : tools::find_lessons(root)) {
        if (!wanted.empty() &&
            std::find(wanted.begin(), wanted.end(), lesson.number) == wanted.end()) {
            continue;
        }
        all.push_back(take(lesson));
    }
    if (all.empty()) throw std::runtime_error("there is no such lesson");
    std::sort(all.begin(), all.end());
    fmt::print(
        "{} lessons from red to green; from the save to the verdict: median {:.2f} s, worst {:.2f} "
        "s\n",
        all.size(), all[all.size() / 2], all.back());
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "whole_course: {}\n", error.what());
    return 1;
}
