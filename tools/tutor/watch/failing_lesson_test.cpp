// What goes wrong in a lesson's code while it is watched, and that the watch goes on.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/file_lock.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"
#include "tutor/testing/watching.hpp"

namespace fs = std::filesystem;

TEST_CASE("After a crash the first red test is one that says something, and t shows all") {
    const MiniCourse course;
    course.write(course.starter_with(
        "if (request.path == \"/items/1\") { volatile int* nowhere = nullptr; *nowhere = 1; }"));
    Terminal terminal(watching(course), 100, 90);
    REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
    CHECK(terminal.awaits(
        [&] { return terminal.screen().row(2) == "Every item's page shows that item"; }));
    CHECK(has(terminal.screen().text(), "Alice asked for item 2, the kettle"));
    CHECK_FALSE(has(terminal.screen().text(), "It touched memory"));
    CHECK(has(terminal.screen().text(), "t all red tests"));
    terminal.type("t");
    REQUIRE(terminal.shows("What is red in 00, Warm-up"));
    CHECK(in_order(terminal.screen().text(),
                   {"Every item's page shows that item", "Alice asked for item 2, the kettle",
                    "The teapot's page shows the teapot", "It touched memory that is not there."}));
    terminal.type("\033");
    CHECK(terminal.shows("Enter test again"));

    const tools::Outcome outcome = course.learn({"test", "00"});
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "Alice asked for item 2, the kettle"));
    CHECK_FALSE(has(outcome.output, "It touched memory"));
    CHECK(in_order(course.learn({"test", "00", "--all"}).output,
                   {"Alice asked for item 2, the kettle", "It touched memory"}));
}

TEST_CASE("A header in a folder of the lesson's is looked at too") {
    const MiniCourse course;
    const fs::path header = course.root() / "lessons/00_warm_up/parts/chosen.hpp";
    put(header, "template <class T> T chosen(T) { return T{1}; }\n");
    course.write(with_includes(tools::replaced(course.solution(), "find_item(connection, wanted)",
                                               "find_item(connection, chosen(wanted))"),
                               "#include \"parts/chosen.hpp\""));
    {
        Terminal terminal(watching(course));
        REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
        put(header, "template <class T> T chosen(T wanted) { return wanted; }\n");
        CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
        CHECK_FALSE(has(terminal.seen(), "No file events arrive"));
    }
    fs::remove_all(header.parent_path());
}

TEST_CASE("An endless loop is ended and explained, and the watch goes on") {
    const MiniCourse course;
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    Terminal terminal(watching(course, {{"LEAKLINGS_PATIENCE", "1"}}));
    REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
    CHECK(terminal.shows("HANG: "));
    CHECK(terminal.shows("alice GET /items/1"));
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
}

TEST_CASE("A deadlock is ended and explained") {
    const MiniCourse course;
    course.write(
        with_includes(course.starter_with("static std::mutex mutex; mutex.lock(); mutex.lock();"),
                      "#include <mutex>"));
    Terminal terminal(watching(course, {{"LEAKLINGS_PATIENCE", "1"}}));
    REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
    CHECK(terminal.shows("HANG: "));
}

TEST_CASE("A crash, and a kill from outside, are explained") {
    const MiniCourse course;
    course.write(course.starter_with("volatile int* nowhere = nullptr; *nowhere = 1;"));
    Terminal terminal(watching(course), 100, 60);
    REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
    CHECK(terminal.shows("It touched memory that is not there."));
    course.write(with_includes(course.starter_with("std::raise(SIGKILL);"), "#include <csignal>"));
    CHECK(terminal.shows("It was killed from outside"));
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
}

TEST_CASE("A program that is stopped is ended and explained") {
    const MiniCourse course;
    course.write(with_includes(course.starter_with("std::raise(SIGSTOP);"), "#include <csignal>"));
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
    CHECK(terminal.shows("It was stopped by signal"));
}

TEST_CASE("A flood of output is ended and explained") {
    const MiniCourse course;
    SECTION("past the standard library") {
        course.write(course.starter_with("for (;;) fmt::print(\"{:1000}\\n\", request.path);"));
        Terminal terminal(watching(course));
        REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
        CHECK(terminal.shows("It printed without an end"));
    }
    SECTION("through std::cout, which the test framework keeps in memory") {
        course.write(with_includes(
            course.starter_with("for (;;) std::cout << std::string(100'000, 'x') << std::endl;"),
            "#include <iostream>\n#include <string>"));
        Terminal terminal(watching(course, {{"LEAKLINGS_PATIENCE", "1"}}));
        REQUIRE(terminal.shows("RED  00, Warm-up: 0 of 2 green"));
    }
}

TEST_CASE("What the learner's code leaves running is ended with the test") {
    const MiniCourse course;
    // The child inherits a lock and keeps it as long as it lives.
    const fs::path lock = course.root() / "child.lock";
    fs::remove(lock);
    // However often it is called.
    course.write(with_includes(
        course.starter_with("static const bool once = [] { const int lock = ::open(\"" +
                            lock.string() +
                            "\", O_CREAT | O_RDWR, 0666); ::flock(lock, LOCK_EX); "
                            "if (::fork() == 0) { for (;;) ::pause(); } ::close(lock); "
                            "return true; }(); static_cast<void>(once);"),
        "#include <fcntl.h>\n#include <sys/file.h>\n#include <unistd.h>"));
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    REQUIRE(fs::exists(lock));
    bool had_to_wait = false;
    const tutor::FileLock ours(
        lock, [&] { had_to_wait = true; }, [&] { return had_to_wait; });
    CHECK_FALSE(had_to_wait);
}

TEST_CASE("The learner's code cannot reach the terminal") {
    const MiniCourse course;
    course.write(with_includes(
        course.starter_with(
            "std::string word; std::cin >> word; std::ofstream(\"/dev/tty\") << "
            "\"\\033[2Jmine\" << std::flush; fmt::print(\"\\033[2J\\033[31mred\\a\\n\");"),
        "#include <fstream>\n#include <iostream>\n#include <string>"));
    Terminal terminal(watching(course), 100, 70);
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    CHECK(terminal.shows("    red\n"));
    CHECK_FALSE(has(terminal.seen(), "mine"));
    CHECK_FALSE(has(terminal.seen(), "\a"));
}
