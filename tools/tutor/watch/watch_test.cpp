// ./learn on a terminal, as somebody sees it who edits a lesson beside it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"
#include "tutor/testing/watching.hpp"

namespace fs = std::filesystem;

TEST_CASE("The watch leads from red to green and to the next lesson") {
    const MiniCourse course;
    Terminal terminal(watching(course), 100, 70);
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green, in "));
    INFO(terminal.screen().text());
    CHECK(in_order(terminal.screen().text(),
                   {"RED  00, Warm-up: 1 of 2 green", "Every item's page shows that item",
                    "Alice asked for item 2, the kettle, and was shown another item.",
                    "CHECK( page.text(\"/item/title\") == \"Kettle\" )", "connection  what",
                    "Where to look:", "lessons/00_warm_up/shop.cpp:1", "tests/00_warm_up.cpp:",
                    "book/00_warm_up.md:1", "h hint · n next lesson · l list"}));

    course.write(course.solution());
    REQUIRE(terminal.shows("GREEN  00, Warm-up: 2 of 2 green, "));
    INFO(terminal.screen().text());
    CHECK(has(terminal.screen().text(), " s after you saved"));
    CHECK(has(terminal.screen().text(), "Well done: 00, Warm-up, is done."));
    CHECK(has(terminal.screen().text(), "Did it stick?  ./learn quiz 00"));
    CHECK(has(terminal.screen().text(), "How to go on:  n, 01, The second day"));
    CHECK(course.state_of(0) == "done");

    terminal.type("n");
    REQUIRE(terminal.shows("RED  01, The second day: 1 of 2 green"));
    terminal.type("q");
    CHECK(terminal.end() == 0);
    CHECK(has(terminal.screen().text(), "01, The second day: 1 of 2 green. ./learn goes on from"));
    CHECK_FALSE(terminal.screen().is_other_screen());
}

TEST_CASE("The watch begins at the first lesson that is not done, or where it is told to") {
    const MiniCourse course;
    course.write(course.solution());
    REQUIRE(course.learn({"test"}).exit_status == 0);
    Terminal here(watching(course));
    CHECK(here.shows("You are at 01, The second day."));

    tools::Command command = watching(course);
    command.words = {command.words.front(), "watch", "00"};
    Terminal there(command);
    CHECK(there.shows("GREEN  00, Warm-up: 2 of 2 green, in "));
    CHECK(course.learn({"watch"}).exit_status == 2);
}

TEST_CASE("The watch shows the first error of what does not compile, and the rest at a key") {
    const MiniCourse course;
    course.write(tools::replaced(course.starter(), "find_item(connection, 1)",
                                 "find_item(connection, wantd)"));
    Terminal terminal(watching(course), 100, 40);
    REQUIRE(terminal.shows("NOT BUILT  00, Warm-up, in "));
    INFO(terminal.screen().text());
    const std::string screen = terminal.screen().text();
    CHECK(has(screen, "00, Warm-up does not compile. The first error:"));
    CHECK(has(screen, "lessons/00_warm_up/shop.cpp:"));
    CHECK(has(screen, "find_item(connection, wantd);"));
    CHECK(has(screen, "How to go on:       fix that line, and save"));
    CHECK_FALSE(has(screen, "FAILED:"));
    terminal.type("m");
    REQUIRE(terminal.shows("Everything that was said"));
    CHECK(terminal.shows("FAILED:"));
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
}

TEST_CASE("A compile error is shown in colour, without the template's back trace") {
    const MiniCourse course;
    course.write(with_includes(
        course.starter_with("std::unique_ptr<Item> twice = std::make_unique<Item>(\"a\", \"b\");"),
        "#include <memory>"));
    tools::Command command = watching(course);
    command.environment = {{"TERM", "xterm"}, {"LC_ALL", "C.UTF-8"}};
    Terminal terminal(command);
    REQUIRE(terminal.shows("NOT BUILT  00, Warm-up"));
    REQUIRE(terminal.shows("std::make_unique<Item>(\"a\", \"b\");"));
    CHECK(has(terminal.seen(), "\033[31merror:\033[0m"));
    CHECK(terminal.shows("The compiler reports it further in"));
    CHECK_FALSE(has(terminal.screen().text(), "required from"));
}

TEST_CASE("A save while it builds begins the build anew") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    // It takes the compiler seconds to find out that this does not compile.
    course.write(course.starter() + R"(
constexpr int slow() { int n = 0; for (int i = 0; i < 200'000; ++i) n = (n + i) % 7; return n; }
template <int n> constexpr int often() { return slow() + often<n - 1>(); }
template <> constexpr int often<0>() { return 0; }
static_assert(often<60>() < 0, "too slow to be seen");
)");
    REQUIRE(terminal.shows("Building 00_warm_up.tests"));
    course.write(course.solution());
    REQUIRE(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    CHECK_FALSE(has(terminal.seen(), "NOT BUILT"));
}

TEST_CASE("A save while tests run ends them and begins anew") {
    const MiniCourse course;
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("test 1 of 2, The teapot's page shows the teapot"));
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
}

TEST_CASE("A red test is shown while one before it still runs") {
    const MiniCourse course;
    const fs::path fifo = course.root() / "teapot.fifo";
    fs::remove(fifo);
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    course.write(
        with_includes(course.starter_with("if (request.path == \"/items/1\") ::close(::open(\"" +
                                          fifo.string() + "\", O_WRONLY));"),
                      "#include <fcntl.h>\n#include <unistd.h>"));
    Terminal terminal(watching(course, {{"LEAKLINGS_PATIENCE", "600"}}), 100, 90);
    REQUIRE(terminal.shows("Alice asked for item 2, the kettle, and was shown another item."));
    INFO(terminal.screen().text());
    CHECK(has(terminal.screen().text(),
              "RED  00, Warm-up: test 1 of 2, The teapot's page shows the teapot"));
    ::close(::open(fifo.c_str(), O_RDONLY));
    fs::remove(fifo);
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green, in "));
    CHECK(has(terminal.screen().text(), "Alice asked for item 2, the kettle"));
}

TEST_CASE("However an editor saves, it is seen once") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    const fs::path file = course.root() / MiniCourse::file;

    SECTION("by a new file that takes the name of the old") {
        put(course.root() / "lessons/00_warm_up/.shop.cpp.swp", "not a source");
        put(course.root() / "lessons/00_warm_up/shop.cpp~", "not a source either");
        put(course.root() / "lessons/00_warm_up/4913", "");
        put(course.root() / "new.txt", course.solution());
        fs::rename(course.root() / "new.txt", file);
    }
    SECTION("by taking the old away first") {
        fs::rename(file, course.root() / "lessons/00_warm_up/shop.cpp~");
        std::ofstream(file) << course.solution();
    }
    SECTION("by emptying the file, and filling it a little at a time") {
        std::ofstream stream(file, std::ios::trunc);
        const std::string text = course.solution();
        for (std::size_t at = 0; at < text.size(); at += 100) {
            stream << text.substr(at, 100) << std::flush;
        }
    }
    SECTION("several files at once") {
        put(course.root() / "lessons/00_warm_up/number.hpp", "inline int number() { return 1; }\n");
        course.write(tools::replaced(course.solution(), "#include <optional>",
                                     "#include \"number.hpp\"\n#include <optional>"));
    }
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    CHECK_FALSE(has(terminal.seen(), "NOT BUILT"));
    terminal.type("q");
    CHECK(terminal.end() == 0);
    for (const char* name : {".shop.cpp.swp", "shop.cpp~", "4913", "number.hpp"}) {
        fs::remove(course.root() / "lessons/00_warm_up" / name);
    }
}

TEST_CASE("Where no file events arrive it says so, and sees what is saved nevertheless") {
    const MiniCourse course;
    const tools::TemporaryFolder elsewhere;
    const fs::path file = course.root() / MiniCourse::file;
    put(elsewhere.path() / "shop.cpp", course.starter());
    fs::remove(file);
    fs::create_symlink(elsewhere.path() / "shop.cpp", file);
    {
        Terminal terminal(watching(course));
        REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
        put(elsewhere.path() / "shop.cpp", course.solution());
        CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
        CHECK(terminal.shows("No file events arrive from this folder"));
    }
    fs::remove(file);
}

TEST_CASE("Hints, the list and the lesson's places are a key away") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("h");
    CHECK(terminal.shows("Hint 1 of 2 for 00, Warm-up: Where is the number?"));
    terminal.type("h");
    CHECK(terminal.shows("That was the last hint."));
    terminal.type("\033");
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("o");
    CHECK(terminal.shows("Open it in a browser:"));
    CHECK(terminal.shows("build/lessons/timelines/00_warm_up/"));
    terminal.type("d");
    CHECK(terminal.shows("+++ solutions/00_warm_up/shop.cpp"));
    terminal.type("l");
    CHECK(terminal.shows("> 00  Warm-up"));
    terminal.type("\033[B");
    CHECK(terminal.shows("> 01  The second day"));
    terminal.type("\r");
    CHECK(terminal.shows("RED  01, The second day: 1 of 2 green"));
    terminal.type("n");
    CHECK(terminal.shows("This is the last lesson."));
    terminal.type("a");
    CHECK(terminal.shows("01  The second day: 1 of 2 green"));
    CHECK(terminal.shows("All lessons are checked"));
    terminal.type("\033");
    CHECK(terminal.shows("RED  01, The second day: 1 of 2 green"));
}

TEST_CASE("Asked twice, the watch puts the starter back and says where the learner's files are") {
    const MiniCourse course;
    tools::Command record;
    record.words = {"cmake", "-DROOT=" + course.root().string(), "-DDO=record", "-P",
                    std::string(LEAKLINGS_SOURCE) + "/cmake/Starters.cmake"};
    REQUIRE(tools::run(record).ok());
    Terminal terminal(watching(course), 120, 24);
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    course.write(course.solution());
    REQUIRE(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    terminal.type("x");
    REQUIRE(terminal.shows("x again puts the starter back"));
    terminal.type("l");
    REQUIRE(terminal.shows("The lessons"));
    terminal.type("\033");
    REQUIRE(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    terminal.type("x");
    REQUIRE(terminal.shows("x again puts the starter back"));
    terminal.type("x");
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    CHECK(terminal.shows("What you wrote is in "));
    CHECK(tools::read_file(course.root() / MiniCourse::file) == course.starter());
}
