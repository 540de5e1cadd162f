// What goes wrong around the watch: it says so in a sentence, and nothing is lost.
#include <sys/mount.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"
#include "tutor/testing/watching.hpp"

namespace fs = std::filesystem;

TEST_CASE("Two watches at once see the same save, and neither harms the other") {
    const MiniCourse course;
    Terminal one(watching(course));
    Terminal two(watching(course));
    REQUIRE(one.shows("RED  00, Warm-up: 1 of 2 green"));
    REQUIRE(two.shows("RED  00, Warm-up: 1 of 2 green"));
    course.write(course.solution());
    CHECK(one.shows("GREEN  00, Warm-up: 2 of 2 green"));
    CHECK(two.shows("GREEN  00, Warm-up: 2 of 2 green"));
    one.type("q");
    two.type("q");
    CHECK(one.end() == 0);
    CHECK(two.end() == 0);
    CHECK(course.state_of(0) == "done");
}

TEST_CASE("Progress survives a kill at any moment") {
    const MiniCourse course;
    course.write(course.solution());
    REQUIRE(course.learn({"test", "00"}).exit_status == 0);
    for (const char* moment : {"You are at 01", "Building 01", "test 1 of 2", "RED  01"}) {
        put(course.root() / "lessons/01_second_day/shop.cpp",
            course.starter() + "// " + moment + "\n");
        Terminal terminal(watching(course));
        INFO(moment);
        CHECK(terminal.shows(moment));
        terminal.send(SIGKILL);
        CHECK(terminal.end() == 128 + SIGKILL);
        CHECK(course.state_of(0) == "done");
        CHECK(course.state_of(1) == "current");
    }
    CHECK_FALSE(fs::exists(course.root() / ".learn/progress.db.damaged-1"));
    CHECK(course.learn({"test", "01"}).exit_status == 1);
}

TEST_CASE("Where no progress can be kept the watch says so and goes on") {
    const MiniCourse course;
    std::ofstream(course.root() / ".learn") << "a file where the folder should be";
    Terminal terminal(watching(course));
    CHECK(terminal.shows("Your progress cannot be kept in .learn/progress.db"));
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
}

TEST_CASE("A lesson's folder that is gone is told in a sentence") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    const fs::path folder = course.root() / "lessons/00_warm_up";
    fs::rename(folder, course.root() / "away");
    CHECK(terminal.shows("lessons/00_warm_up is gone."));
    fs::rename(course.root() / "away", folder);
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
}

TEST_CASE("A lesson's folder that is made anew is looked at as before") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    fs::remove_all(course.root() / "lessons/00_warm_up");
    CHECK(terminal.shows("lessons/00_warm_up is gone."));
    terminal.type("x");
    CHECK(terminal.shows("x again puts the starter back"));
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    course.write(course.starter());
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    CHECK_FALSE(has(terminal.seen(), "No file events arrive"));
}

TEST_CASE("A build folder that cannot be written is told in a sentence") {
    const MiniCourse course;
    const fs::path lock = course.root() / "build/lessons.lock";
    fs::remove(lock);
    fs::create_directory(lock);
    Terminal terminal(watching(course));
    CHECK(terminal.shows("STUCK  00, Warm-up"));
    CHECK(terminal.shows("The folder build/ cannot be written"));
    fs::remove(lock);
    terminal.type("\r");
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
}

TEST_CASE("A compiler that is gone is told in a sentence") {
    const MiniCourse course;
    const fs::path rules = course.root() / "build/lessons/CMakeFiles/rules.ninja";
    const std::string before = tools::read_file(rules);
    const auto written = fs::last_write_time(rules);
    std::string without;
    for (const std::string_view line : tools::lines_of(before)) {
        const bool compiles = line.find("$DEFINES") != std::string_view::npos;
        without += compiles ? tools::replaced(line, "command = ", "command = /nowhere")
                            : std::string(line);
        without += "\n";
    }
    tools::write_file(rules, without);
    course.write(course.starter() + "// without a compiler\n");
    {
        Terminal terminal(watching(course));
        CHECK(terminal.shows("NOT BUILT  00, Warm-up"));
        CHECK(terminal.shows("The compiler is not there any more"));
    }
    tools::write_file(rules, before);
    fs::last_write_time(rules, written);
}

TEST_CASE("A full disk is told in a sentence") {
    const MiniCourse course;
    const fs::path objects = course.root() / "build/lessons/CMakeFiles/00_warm_up.code.dir";
    REQUIRE(course.learn({"test", "00"}).exit_status == 1);
#ifdef __linux__
    if (::mount("none", objects.c_str(), "tmpfs", 0, "size=16k") != 0) {
        WARN("not tried: a small disk can only be had by root");
        return;
    }
    {
        Terminal terminal(watching(course));
        CHECK(terminal.shows("NOT BUILT  00, Warm-up"));
        CHECK(terminal.shows("The disk is full."));
    }
    ::umount(objects.c_str());
#endif
}
