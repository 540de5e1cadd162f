// diff, solution, reset and skip: what is put in the place of the learner's files, and that nothing
// of theirs is lost.
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/paper_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

const std::string shop_file = "lessons/00_first/shop.cpp";
const std::string mine = "// A shop.\nint items() { return 7; }  // mine\n";

std::string state_of(const PaperCourse& course, std::size_t lesson) {
    const auto lessons = nlohmann::json::parse(course.learn({"list", "--json"}).output);
    return lessons.at(lesson).at("state");
}

}  // namespace

TEST_CASE("The diff leads from the learner's files to the solution's") {
    const PaperCourse course;
    const tools::Outcome outcome = course.learn({"diff", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(outcome.output ==
          "--- lessons/00_first/shop.cpp\n+++ solutions/00_first/shop.cpp\n@@ -1,2 +1,2 @@\n"
          " // A shop.\n-int items() { return 1; }\n+int items() { return 2; }\n");
    course.write(shop_file, course.read("solutions/00_first/shop.cpp"));
    CHECK(has(course.learn({"diff", "00"}).output, "are the same"));
}

TEST_CASE("The diff is coloured on a terminal, unless NO_COLOR asks for none") {
    const PaperCourse course;
    tools::Command command;
    command.words = {LEAKLINGS_TUTOR, "diff", "00"};
    command.folder = course.root();
    command.environment = {{"TERM", "xterm"}};
    Terminal coloured(command);
    CHECK(coloured.end() == 0);
    CHECK(has(coloured.seen(), "\033[32m+int items() { return 2; }\033[0m"));
    CHECK(has(coloured.seen(), "\033[31m-int items() { return 1; }\033[0m"));
    command.environment.emplace_back("NO_COLOR", "1");
    Terminal plain(command);
    CHECK(plain.end() == 0);
    CHECK_FALSE(has(plain.seen(), "\033[3"));
}

TEST_CASE("Reset gives the starter back, and says where the copy is") {
    const PaperCourse course;
    const std::string starter = course.read(shop_file);
    REQUIRE(course.learn({}).exit_status == 0);  // the first start, which copies the starters
    course.write(shop_file, mine);
    course.write("lessons/00_first/extra.hpp", "int extra();\n");
    const tools::Outcome outcome = course.learn({"reset", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(course.read(shop_file) == starter);
    CHECK_FALSE(course.has("lessons/00_first/extra.hpp"));
    CHECK(has(outcome.output, ".learn/kept/00_first.1"));
    CHECK(course.read(".learn/kept/00_first.1/shop.cpp") == mine);
    CHECK(course.has(".learn/kept/00_first.1/extra.hpp"));

    course.write(shop_file, mine + "// again\n");
    CHECK(has(course.learn({"reset", "00"}).output, ".learn/kept/00_first.2"));
    CHECK(course.read(".learn/kept/00_first.1/shop.cpp") == mine);

    const tools::Outcome again = course.learn({"reset", "00"});
    CHECK(again.exit_status == 0);
    CHECK(has(again.output, "is as it was handed out"));
    CHECK_FALSE(course.has(".learn/kept/00_first.3"));
}

TEST_CASE("A starter that was edited before the first start comes out of git") {
    const PaperCourse course;
    const std::string starter = course.read(shop_file);
    course.run({"git", "init", "-q"});
    const auto commit = [&] {
        course.run({"git", "add", "."});
        course.run(
            {"git", "-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-qm", "x"});
    };
    commit();
    course.write(shop_file, mine);
    commit();
    const tools::Outcome outcome = course.learn({"reset", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(course.read(shop_file) == starter);
}

TEST_CASE("Where there is no copy and no git, reset says so and takes nothing away") {
    const PaperCourse course;
    course.write(shop_file, mine);
    const tools::Outcome outcome = course.learn({"reset", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "The original of lessons/00_first/shop.cpp is gone"));
    CHECK(course.read(shop_file) == mine);
    CHECK_FALSE(course.has(".learn/kept"));
}

TEST_CASE("Without the program git, too, reset says what cannot be had") {
    const PaperCourse course;
    course.write(shop_file, mine);
    const fs::path programs = course.root() / "programs";
    fs::create_directories(programs);
    fs::create_symlink(course.run({"sh", "-c", "printf %s \"$(command -v cmake)\""}),
                       programs / "cmake");
    const tools::Outcome outcome = course.learn({"reset", "00"}, {{"PATH", programs.string()}});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "The original of lessons/00_first/shop.cpp is gone"));
    CHECK(course.read(shop_file) == mine);
}

TEST_CASE("In a folder that nothing can be written to, reset says why and takes nothing away") {
    const PaperCourse course;
    course.write(shop_file, mine);
    course.write(".learn", "a file where the folder should be\n");
    const tools::Outcome outcome = course.learn({"reset", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK_FALSE(has(outcome.output, "cmake"));
    CHECK(course.read(shop_file) == mine);
}

TEST_CASE("A copy of a starter that was damaged is not taken for the starter") {
    const PaperCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    for (const auto& copy : fs::directory_iterator(course.root() / ".learn/starters")) {
        if (copy.path().extension().empty()) fs::resize_file(copy.path(), 3);
    }
    course.write(shop_file, mine);
    const tools::Outcome outcome = course.learn({"reset", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(course.read(shop_file) == mine);
}

TEST_CASE("A newer course brings newer starters, and reset gives those") {
    const PaperCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    course.write(shop_file, "// A newer shop.\n");
    course.record();
    REQUIRE(course.learn({}).exit_status == 0);
    course.write(shop_file, mine);
    CHECK(course.learn({"reset", "00"}).exit_status == 0);
    CHECK(course.read(shop_file) == "// A newer shop.\n");
}

TEST_CASE("Where no copy can be kept, nothing is taken away") {
    const PaperCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    course.write(shop_file, mine);
    course.write(".learn/kept", "a file where the folder should be");
    for (const char* verb : {"reset", "solution"}) {
        std::vector<std::string> words = {verb, "00"};
        if (words[0] == "solution") words.emplace_back("--take");
        const tools::Outcome outcome = course.learn(words);
        INFO(outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(has(outcome.output, "Nothing was taken away"));
        CHECK(course.read(shop_file) == mine);
    }
}

TEST_CASE("A folder that cannot be written is told, and nothing in it is lost") {
    if (::geteuid() == 0) return;  // who may do anything
    const PaperCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    course.write(shop_file, mine);
    fs::permissions(course.root() / "lessons/00_first",
                    fs::perms::owner_read | fs::perms::owner_exec);
    const tools::Outcome outcome = course.learn({"reset", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "could not be written"));
    CHECK(course.read(shop_file) == mine);
    fs::permissions(course.root() / "lessons/00_first", fs::perms::owner_all);
}

TEST_CASE("The solution is shown, or taken with a copy of what was there") {
    const PaperCourse course;
    const std::string right = course.read("solutions/00_first/shop.cpp");
    course.write(shop_file, mine);
    const tools::Outcome shown = course.learn({"solution", "00"});
    CHECK(shown.exit_status == 0);
    CHECK(has(shown.output, "// solutions/00_first/shop.cpp\n" + right));
    CHECK(course.read(shop_file) == mine);
    const tools::Outcome taken = course.learn({"solution", "00", "--take"});
    INFO(taken.output);
    CHECK(taken.exit_status == 0);
    CHECK(course.read(shop_file) == right);
    CHECK(course.read(".learn/kept/00_first.1/shop.cpp") == mine);
}

TEST_CASE("A lesson that is skipped is come back to, asked or after all others") {
    const PaperCourse course;
    const tools::Outcome outcome = course.learn({"skip"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "./learn skip --back 00"));
    CHECK(has(outcome.output, "You are at 01"));
    CHECK(state_of(course, 0) == "skipped");
    CHECK(state_of(course, 1) == "current");
    CHECK(course.learn({"skip", "01"}).exit_status == 0);
    CHECK(state_of(course, 0) == "current");
    CHECK(state_of(course, 1) == "skipped");
    CHECK(course.learn({"skip", "01", "--back"}).exit_status == 0);
    CHECK(state_of(course, 1) == "current");
}
