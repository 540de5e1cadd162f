// A learner who knows all the answers: takes every lesson from red to green in the watch, on a
// terminal, in a copy of the course, by putting the solution's files over the starter's. Says for
// each lesson how long it took from the save to the verdict on the screen, what of that was
// compiling, linking and the rest (running the tests, mostly), and what a plain compile takes on
// this machine, against which the other times can be held.
// It builds every lesson once, which takes minutes:
//
//   whole_course [NN...]              all lessons, or these
//   whole_course --picture NN FILE    the watch at a lesson's red tests, as an SVG
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "course/course.hpp"
#include "process/command.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/screen_svg.hpp"
#include "tutor/testing/terminal.hpp"

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
        // A header that nobody includes any more may stay: the watch waits whether a file that is gone comes back.
        const bool is_compiled = entry.path().extension() == ".cpp";
        if (is_compiled && !fs::exists(right / entry.path().filename())) fs::remove(entry.path());
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

struct Times {
    double whole = 0;  // all in seconds
    double compiling = 0;
    double linking = 0;
};

// What Ninja did since its log had so many lines: start and end in milliseconds, and what was made,
// with tabs between.
Times times_of_build(std::size_t lines_before) {
    const std::string log = tools::read_file(root / "build" / "lessons" / ".ninja_log");
    const std::vector<std::string_view> lines = tools::lines_of(log);
    int first = 0;
    int compiled = 0;
    int linked = 0;
    for (std::size_t i = lines_before; i < lines.size(); ++i) {
        std::istringstream line{std::string(lines[i])};
        int start = 0;
        int end = 0;
        std::string time;
        std::string made;
        if (!(line >> start >> end >> time >> made)) continue;
        const bool is_object = made.ends_with(".o");
        if (!is_object && !made.starts_with("bin/")) continue;
        if (is_object && (compiled == 0 || start < first)) first = start;
        (is_object ? compiled : linked) = std::max(is_object ? compiled : linked, end);
    }
    return {0, (compiled - first) / 1000.0, std::max(0, linked - compiled) / 1000.0};
}

std::size_t lines_of_log() {
    return tools::lines_of(tools::read_file(root / "build" / "lessons" / ".ninja_log")).size();
}

// Of a file that includes the course's libraries, without the precompiled header.
double plain_compile() {
    const fs::path file = root / "plain.cpp";
    put(file,
        "#include <SQLiteCpp/SQLiteCpp.h>\n#include <fmt/format.h>\n#include <httplib.h>\n"
        "int main() {}\n");
    const std::string cache = tools::read_file(root / "build" / "lessons" / "CMakeCache.txt");
    std::string compiler = "c++";
    for (const std::string_view line : tools::lines_of(cache)) {
        if (line.starts_with("CMAKE_CXX_COMPILER:")) compiler = line.substr(line.find('=') + 1);
    }
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const Clock::time_point start = Clock::now();
        run({compiler, "-std=c++20", "-O0", "-g", "-c", file.string(), "-o",
             (root / "plain.o").string()});
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
    }
    fmt::print("a plain compile, {}: {:.2f} s\n", fs::path(compiler).filename().string(), best);
    return best;
}

tools::Command watching(const std::string& lesson) {
    tools::Command command;
    command.words = {LEAKLINGS_TUTOR, "watch", lesson};
    command.folder = root;
    command.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"LC_ALL", "C.UTF-8"}};
    command.limit = std::chrono::minutes(15);
    return command;
}

// The verdict, and not the first red test.
void draw_red_screen(const std::string& lesson, const fs::path& file) {
    constexpr std::size_t columns = 100;
    constexpr std::size_t rows = 36;
    Terminal terminal(watching(lesson), columns, rows);
    await(terminal, fmt::format("RED  {}, ", lesson));
    if (!terminal.shows(" green, in ")) throw std::runtime_error("there is no verdict");
    put(file, svg_of_screen(terminal.screen().text(),
                            fmt::format("./learn at lesson {}'s red tests", lesson)));
    terminal.type("q");
    terminal.end();
}

Times take(const tools::Lesson& lesson) {
    Terminal terminal(watching(lesson.number), 120, 50);
    const std::string name = fmt::format("  {}, ", lesson.number);
    await(terminal, "RED" + name);
    // Not the first red test, but the verdict.
    terminal.shows(" green, in ");
    const std::size_t lines_before = lines_of_log();
    const Clock::time_point saved = Clock::now();
    solve(lesson);
    await(terminal, "GREEN" + name);
    const double seconds = std::chrono::duration<double>(Clock::now() - saved).count();
    Times times = times_of_build(lines_before);
    times.whole = seconds;
    fmt::print("{}  {:13.2f} {:10.2f} {:8.2f} {:8.2f}\n", lesson.number, times.whole,
               times.compiling, times.linking, times.whole - times.compiling - times.linking);
    std::fflush(stdout);
    terminal.type("q");
    if (terminal.end() != 0) throw std::runtime_error("the watch did not end well");
    return times;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> wanted(argv + 1, argv + argc);
    const fs::path start = fs::current_path();
    copy_course();
    set_up();
    if (wanted.size() == 3 && wanted[0] == "--picture") {
        draw_red_screen(wanted[1], start / wanted[2]);
        return 0;
    }
    const double plain = plain_compile();
    fmt::print("    save->verdict  compiling  linking  the rest   (seconds)\n");
    std::vector<double> all;
    for (const tools::Lesson& lesson : tools::find_lessons(root)) {
        if (!wanted.empty() &&
            std::find(wanted.begin(), wanted.end(), lesson.number) == wanted.end()) {
            continue;
        }
        all.push_back(take(lesson).whole);
    }
    if (all.empty()) throw std::runtime_error("there is no such lesson");
    std::sort(all.begin(), all.end());
    fmt::print(
        "{} lessons from red to green; from the save to the verdict: median {:.2f} s ({:.2f} of a "
        "plain compile), worst {:.2f} s ({:.2f})\n",
        all.size(), all[all.size() / 2], all[all.size() / 2] / plain, all.back(),
        all.back() / plain);
    return 0;
} catch (const std::exception& error) {
    fmt::print(stderr, "whole_course: {}\n", error.what());
    return 1;
}
