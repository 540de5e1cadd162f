// A course whose files are not as they should be: too many, too few, closed, in the way. One
// lesson's trouble is told in a word, and is no other's.
#include <unistd.h>

#include <string>

#include "support/catch.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/paper_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

const std::string first_shop = "lessons/00_first/shop.cpp";

}  // namespace

TEST_CASE("A folder that has no tests is no lesson, and keeps nothing from working") {
    const PaperCourse course;
    course.write("lessons/00_first.bak/shop.cpp", "// A copy.\n");
    course.write("lessons/00_firs/shop.cpp", "// Another.\n");
    course.write("lessons/notes/shop.cpp", "// Not even a name.\n");
    const tools::Outcome outcome = course.learn({"list"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output,
              "lessons/00_first.bak is ignored: there is no tests/00_first.bak.cpp.\n"));
    CHECK(has(outcome.output, "lessons/00_firs is ignored"));
    CHECK_FALSE(has(outcome.output, "notes"));
    CHECK(has(outcome.output, first_shop));
    CHECK(has(course.learn({}).output, "0 of 2 lessons are done"));
    CHECK(course.learn({"hint", "00"}).exit_status == 0);
}

TEST_CASE("Of two lessons with one number, which one is meant has to be said") {
    const PaperCourse course;
    course.write("tests/00_other.cpp", "// Another first.\n");
    course.write("lessons/00_other/shop.cpp", "// Another first.\n");
    const tools::Outcome outcome = course.learn({"diff", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "00 could be 00_first or 00_other: say which."));
    CHECK(course.learn({"diff", "00_first"}).exit_status == 0);
}

TEST_CASE("A lesson whose folder is gone is a lesson still, and reset brings it back") {
    const PaperCourse course;
    const std::string starter = course.read(first_shop);
    REQUIRE(course.learn({}).exit_status == 0);  // the first start, which copies the starters
    fs::remove_all(course.root() / "lessons/00_first");
    const tools::Outcome stand = course.learn({});
    INFO(stand.output);
    CHECK(stand.exit_status == 0);
    CHECK(has(stand.output, "its files are gone; ./learn reset 00 brings them back"));
    CHECK(course.learn({"list"}).exit_status == 0);
    CHECK(course.learn({"diff", "00"}).exit_status == 0);
    const tools::Outcome reset = course.learn({"reset", "00"});
    INFO(reset.output);
    CHECK(reset.exit_status == 0);
    CHECK(course.read(first_shop) == starter);
    CHECK(course.has("lessons/00_first/stock.hpp"));
    CHECK_FALSE(course.has(".learn/kept"));
}

TEST_CASE(
    "What stands where a lesson's file should be ends nothing else, and reset moves it away") {
    const PaperCourse course;
    const std::string starter = course.read(first_shop);
    REQUIRE(course.learn({}).exit_status == 0);
    fs::remove(course.root() / first_shop);
    SECTION("a link to nowhere") {
        fs::create_symlink("/no/such/file", course.root() / first_shop);
    }
    SECTION("a folder") {
        course.write(first_shop + "/mine.txt", "mine\n");
    }
    SECTION("a file that cannot be read") {
        course.write(first_shop, "mine\n");
        fs::permissions(course.root() / first_shop, fs::perms::none);
        if (::geteuid() != 0) {
            const tools::Outcome diff = course.learn({"diff", "00"});
            INFO(diff.output);
            CHECK(diff.exit_status == 2);
            CHECK(has(diff.output, first_shop + " cannot be read (Permission denied)"));
        }
    }
    for (const char* verb : {"", "list", "hint"}) {
        const tools::Outcome outcome = *verb == '\0' ? course.learn({}) : course.learn({verb});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 0);
    }
    CHECK(course.learn({"diff", "01"}).exit_status == 0);
    const tools::Outcome reset = course.learn({"reset", "00"});
    INFO(reset.output);
    CHECK(reset.exit_status == 0);
    CHECK(fs::is_regular_file(fs::symlink_status(course.root() / first_shop)));
    CHECK(course.read(first_shop) == starter);
}

TEST_CASE("A folder in the way of a lesson's file is kept whole") {
    const PaperCourse course;
    REQUIRE(course.learn({}).exit_status == 0);
    fs::remove(course.root() / first_shop);
    course.write(first_shop + "/mine.txt", "mine\n");
    REQUIRE(course.learn({"reset", "00"}).exit_status == 0);
    CHECK(course.read(".learn/kept/00_first.1/shop.cpp/mine.txt") == "mine\n");
}

TEST_CASE("A lesson is found by what a person or a shell calls it") {
    const PaperCourse course;
    for (const char* name : {"0", "00", "00_first", "first", "fir", "00_f", "lessons/00_first",
                             "00_first/", "./lessons/00_first/", "lessons/00_first/shop.cpp",
                             "tests/00_first.cpp", "book/00_first.md"}) {
        const tools::Outcome outcome = course.learn({"hint", name, "--again"});
        INFO(name << ": " << outcome.output);
        CHECK(outcome.exit_status == 0);
        CHECK(has(outcome.output, " for 00, Name"));
    }
    for (const char* name : {"irst", "000", "2", "-1", "lessons/02_third", "lessons", "/"}) {
        const tools::Outcome outcome = course.learn({"hint", name});
        INFO(name << ": " << outcome.output);
        CHECK(outcome.exit_status == 2);
    }
}

TEST_CASE("What could not be written is not well") {
    const PaperCourse course;
    const auto sh = [&](const std::string& ending) {
        tools::Command command;
        command.words = {"sh", "-c", "\"$0\" list --json " + ending, LEAKLINGS_TUTOR};
        command.folder = course.root();
        return tools::run(command);
    };
    const tools::Outcome closed = sh(">&-");
    INFO(closed.output);
    CHECK(closed.exit_status == 2);
    CHECK(has(closed.output, "The output could not be written ("));
    CHECK(course.learn({"list"}).exit_status == 0);  // nothing went into the progress instead
    if (!fs::exists("/dev/full")) return;
    const tools::Outcome full = sh(">/dev/full");
    INFO(full.output);
    CHECK(full.exit_status == 2);
    CHECK(has(full.output, "could not be written (No space left on device)"));
}

TEST_CASE("What is said fits a narrow terminal") {
    const PaperCourse course;
    course.write(
        "book/00_first.md",
        "# 00 · Name\n\n*It is wrong.*\n\n## Hints\n\n<details>\n<summary>Where?</summary>\n\n"
        "This hint is longer than a narrow terminal is wide, so that it has to be broken "
        "into lines that are shorter than usual.\n\n</details>\n");
    tools::Command command;
    command.words = {LEAKLINGS_TUTOR, "hint", "00"};
    command.folder = course.root();
    command.environment = {{"TERM", "xterm"}};
    Terminal terminal(command, 44, 24);
    CHECK(terminal.end() == 0);
    INFO(terminal.seen());
    CHECK(has(terminal.seen(), "This hint is longer than a narrow terminal\n"));
}
