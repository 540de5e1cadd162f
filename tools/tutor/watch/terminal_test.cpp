// The terminal that the watch is shown on: it is given back
// as it was, and may be of any size and kind.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"
#include "tutor/testing/watching.hpp"

namespace fs = std::filesystem;

namespace {

// The terminal is as it was, and so is what it showed.
void check_given_back(const Terminal& terminal, const std::string& settings) {
    CHECK(terminal.settings() == settings);
    CHECK_FALSE(terminal.screen().is_other_screen());
    CHECK(terminal.screen().shows_cursor());
    CHECK(terminal.screen().breaks_lines());
}

// A terminal's settings before anybody has touched them.
std::string untouched_settings() {
    tools::Command command;
    command.words = {"sh", "-c", "echo ready; read line"};
    Terminal terminal(command);
    REQUIRE(terminal.shows("ready"));
    return terminal.settings();
}

int signal_called(const std::string& name) {
    return name == "TERM" ? SIGTERM : name == "HUP" ? SIGHUP : SIGINT;
}

}  // namespace

TEST_CASE("However the watch ends, the terminal is as it was") {
    const MiniCourse course;
    const std::string settings = untouched_settings();
    const std::vector<std::pair<std::string, int>> ways = {
        {"q", 0}, {"\x03", 130}, {"\x1c", 131}, {"TERM", 143}, {"HUP", 129}, {"INT", 130}};
    for (const auto& [how, status] : ways) {
        INFO(how);
        // A shell keeps the terminal open after it.
        tools::Command command = watching(course);
        const fs::path number = course.root() / "number.txt";
        fs::remove(number);
        const std::string script =
            "trap : INT QUIT; sh -c 'echo $$ >\"$0\"; exec \"$1\"' \"$0\" \"$1\"; "
            "echo \"[ended $?]\"; read line";
        command.words = {"sh", "-c", script, number.string(), command.words.front()};
        Terminal terminal(command);
        REQUIRE(terminal.shows("00, Warm-up: "));
        CHECK(terminal.screen().is_other_screen());
        CHECK(terminal.settings() != settings);
        if (how.size() == 1) {
            terminal.type(how);
        } else {
            pid_t process = 0;
            std::ifstream(number) >> process;
            REQUIRE(process > 0);
            ::kill(process, signal_called(how));
        }
        REQUIRE(terminal.shows("[ended " + std::to_string(status) + "]"));
        check_given_back(terminal, settings);
    }
}

TEST_CASE("Ctrl-C ends a build, and the next build is whole") {
    const MiniCourse course;
    course.write(course.starter() + "// another build\n");
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("Building 00_warm_up.tests"));
    terminal.type("\x03");
    CHECK(terminal.end() == 130);
    CHECK(course.learn({"test", "00"}).exit_status == 1);
}

TEST_CASE("Ctrl-Z gives the terminal to the shell, and fg goes on") {
    const MiniCourse course;
    tools::Command command = watching(course);
    const std::string program = command.words.front();
    command.words = {"bash", "--norc", "--noprofile", "--noediting", "-i"};
    command.environment.emplace_back("PS1", "$ ");
    Terminal terminal(command);
    REQUIRE(terminal.shows("$"));
    terminal.type(program + "\r");
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("\x1a");
    REQUIRE(terminal.shows("Stopped"));
    CHECK_FALSE(terminal.screen().is_other_screen());
    CHECK(terminal.screen().shows_cursor());
    course.write(course.solution());
    terminal.type("echo mine; stty -a | tr ' ' '\\n' | grep -x -e icanon -e echo\r");
    REQUIRE(terminal.shows("icanon\necho\n"));
    terminal.type("fg\r");
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    // In the middle of a test, which is then run again.
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    REQUIRE(terminal.shows("test 1 of 2, The teapot"));
    terminal.type("\x1a");
    // What is typed before the shell has the terminal back may be lost.
    const auto shell_says_so = [&] {
        const std::string seen = terminal.seen();
        return seen.find("Stopped") != seen.rfind("Stopped");
    };
    REQUIRE(
        terminal.awaits([&] { return !terminal.screen().is_other_screen() && shell_says_so(); }));
    terminal.type("fg\r");
    CHECK(terminal.shows("test 1 of 2, The teapot"));
    terminal.type("q");
    CHECK(terminal.shows("./learn goes on from there."));
    terminal.type("exit\r");
    terminal.end();
}

TEST_CASE("The screen follows the window, however small it is") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    CHECK(terminal.shows("more: space, or the arrows"));
    CHECK(terminal.screen().row(0).starts_with("RED  00, Warm-up: 1 of 2 green"));
    CHECK(terminal.screen().row(2) == "Every item's page shows that item");
    CHECK(terminal.awaits([&] { return has(terminal.screen().row(23), "q quit"); }));
    CHECK_FALSE(has(terminal.screen().text(), "Where to look:"));
    terminal.type("\033[F");
    CHECK(terminal.shows("Where to look:"));
    CHECK(terminal.shows("the end"));
    terminal.type("\033[H");
    CHECK(terminal.shows("Alice asked for item 2"));

    terminal.resize(40, 12);
    CHECK(terminal.shows("\nEvery item's page shows that item\n"));
    CHECK(terminal.shows("q quit"));
    CHECK(has(terminal.screen().row(0), "RED  00, Warm-up: 1 of 2 green, in"));
    terminal.resize(16, 4);
    CHECK(terminal.awaits([&] { return terminal.screen().row(0).starts_with("RED  00"); }));
    terminal.resize(3, 1);
    CHECK(terminal.awaits([&] { return terminal.screen().row(0) == "RED"; }));
    terminal.resize(120, 70);
    CHECK(terminal.shows("Where to look:"));
    CHECK(terminal.awaits([&] { return has(terminal.screen().row(69), "q quit"); }));
    terminal.type("q");
    CHECK(terminal.end() == 0);
}

TEST_CASE("The lesson that is chosen in the list is in sight in any window") {
    const MiniCourse course;
    for (const auto& [columns, rows] : {std::pair<std::size_t, std::size_t>{40, 10}, {20, 5}}) {
        Terminal terminal(watching(course), columns, rows);
        REQUIRE(terminal.shows("RED  00"));
        terminal.type("l\033[B");
        CHECK(terminal.shows("> 01"));
        terminal.type("\033[H");
        CHECK(terminal.shows("> 00"));
        terminal.type("\033[F");
        CHECK(terminal.shows("> 01"));
        terminal.resize(2, 2);
        CHECK(terminal.awaits([&] { return terminal.screen().row(1).starts_with(">"); }));
        terminal.type("q");
        CHECK(terminal.end() == 0);
    }
}

TEST_CASE("Without UTF-8 the watch writes ASCII, and without NO_COLOR in colour") {
    const MiniCourse course;
    tools::Command command = watching(course);
    command.environment = {{"TERM", "xterm"}, {"LC_ALL", "C"}, {"NO_COLOR", ""}};
    Terminal terminal(command);
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    REQUIRE(terminal.shows("q quit"));
    terminal.type("\033[F");
    REQUIRE(terminal.shows("RED Every item's page shows that item"));
    CHECK(has(terminal.seen(), "\033[31mRED\033[0m  00, Warm-up"));
    const std::string seen = terminal.seen();
    CHECK(std::all_of(seen.begin(), seen.end(), [](char c) { return (c & 0x80) == 0; }));
}

TEST_CASE("On a terminal that can only print lines the watch prints lines") {
    const MiniCourse course;
    Terminal terminal(watching(course, {{"TERM", "dumb"}}), 100, 70);
    REQUIRE(terminal.sees("RED  00, Warm-up: 1 of 2 green"));
    REQUIRE(terminal.sees("Type one of these keys, and Enter."));
    terminal.type("h\n");
    REQUIRE(terminal.sees("Hint 1 of 2"));
    course.write(course.solution());
    REQUIRE(terminal.sees("GREEN  00, Warm-up: 2 of 2 green"));
    terminal.type("q\n");
    CHECK(terminal.end() == 0);
    CHECK_FALSE(has(terminal.seen(), "\033"));
}
