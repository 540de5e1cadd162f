// A learner's way through the warm-up, with everything that can go wrong on it. Each test is about
// what the learner sees: the words, and the exit status.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "course/answer.hpp"
#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

// Something else on a port of this machine.
class BusyPort {
 public:
    BusyPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, any, size) != 0 || ::listen(socket_, 1) != 0 ||
            ::getsockname(socket_, any, &size) != 0) {
            throw std::runtime_error("no port can be had");
        }
        number_ = std::to_string(ntohs(address.sin_port));
    }
    BusyPort(const BusyPort&) = delete;
    BusyPort& operator=(const BusyPort&) = delete;
    ~BusyPort() { ::close(socket_); }
    const std::string& number() const { return number_; }

 private:
    int socket_;
    std::string number_;
};

}  // namespace

TEST_CASE("Without a terminal ./learn says where one stands and ends") {
    const MiniCourse course;
    const tools::Outcome outcome = course.learn({});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "0 of 2 lessons are done"));
    CHECK(has(outcome.output, "You are at 00, Warm-up."));
    CHECK(has(outcome.output, "Whatever you ask for, the shop shows a teapot."));
    CHECK(has(outcome.output, "5 minutes"));
    CHECK(has(outcome.output, "book/00_warm_up.md:1"));
    CHECK(has(outcome.output, "lessons/00_warm_up/shop.cpp:1"));
    CHECK(has(outcome.output, "./learn test 00"));
    CHECK_FALSE(has(outcome.output, "\033"));
}

TEST_CASE("On a terminal there is colour, unless NO_COLOR asks for none") {
    const MiniCourse course;
    tools::Command command = course.command({"hint", "--again"});
    command.environment = {{"TERM", "xterm"}, {"LANG", "C.UTF-8"}};
    Terminal coloured(command);
    CHECK(coloured.end() == 0);
    CHECK(has(coloured.seen(), "\033[1mHint 1 of 2 for 00, Warm-up"));

    command.environment.emplace_back("NO_COLOR", "1");
    Terminal plain(command);
    CHECK(plain.end() == 0);
    CHECK(has(plain.seen(), "Hint 1 of 2 for 00, Warm-up"));
    CHECK_FALSE(has(plain.seen(), "\033[1m"));
}

TEST_CASE("The list is JSON for programs") {
    const MiniCourse course;
    const tools::Outcome outcome = course.learn({"list", "--json"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    const auto lessons = nlohmann::json::parse(outcome.output);
    REQUIRE(lessons.size() == 2);
    CHECK(lessons[0]["number"] == "00");
    CHECK(lessons[0]["stem"] == "00_warm_up");
    CHECK(lessons[0]["title"] == "Warm-up");
    CHECK(lessons[0]["time"] == "5 minutes");
    CHECK(lessons[0]["state"] == "current");
    CHECK(lessons[0]["files"][0]["path"] == "lessons/00_warm_up/shop.cpp");
    CHECK(lessons[0]["files"][0]["role"] == "edit");
    CHECK(lessons[1]["stem"] == "01_second_day");
    CHECK(lessons[1]["state"] == "open");
    CHECK(has(course.learn({"list"}).output, "01_second_day"));
}

TEST_CASE("The starter is red, and the first red test says why and how to go on") {
    const MiniCourse course;
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "  ok  The teapot's page shows the teapot\n"));
    CHECK(has(outcome.output, "  RED Every item's page shows that item\n"));
    CHECK(has(outcome.output, "Alice asked for item 2, the kettle, and was shown another item."));
    CHECK(has(outcome.output, "at: tests/00_warm_up.cpp:"));
    CHECK(has(outcome.output, "1 of 2 green."));
    CHECK(has(outcome.output, "lessons/00_warm_up/shop.cpp:1"));
    CHECK(has(outcome.output, "./learn hint 00"));
    CHECK(course.state_of(0) == "current");
}

TEST_CASE("A red test's timeline is a page too, until the test is green") {
    const MiniCourse course;
    const fs::path page =
        "build/lessons/timelines/00_warm_up/every_items_page_shows_that_item.html";
    const tools::Outcome red = course.learn({"test", "00"});
    INFO(red.output);
    CHECK(has(red.output, "The timeline as a page: " + page.string() + "\n"));
    CHECK(fs::exists(course.root() / page));
    CHECK_FALSE(has(red.output, "It printed:"));
    course.write(course.solution());
    CHECK_FALSE(has(course.learn({"test", "00"}).output, "as a page"));
    CHECK_FALSE(fs::exists(course.root() / page));
}

TEST_CASE("What the learner's code prints is shown under the red test") {
    const MiniCourse course;
    course.write(tools::replaced(
        course.starter_with(R"(std::cout << "asked for " << request.path << std::endl;
        fmt::print("here is {}\n", request.path);)"),
        "#include <optional>", "#include <iostream>\n#include <optional>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "    asked for /items/2\n"));
    CHECK(has(outcome.output, "    here is /items/2\n"));
}

TEST_CASE("A flood of what the learner's code prints is cut") {
    const MiniCourse course;
    course.write(course.starter_with(
        R"(for (int i = 0; i < 100'000; ++i) fmt::print("here is {}\n", request.path);)"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output.substr(0, 3000));
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "    here is /items/2\n"));
    CHECK(has(outcome.output, "lines more"));
    CHECK(outcome.output.size() < 10'000);
}

TEST_CASE("A lesson that is green is done, and the next one is named") {
    const MiniCourse course;
    course.write(course.solution());
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "2 of 2 green."));
    CHECK(has(outcome.output, "Well done: 00, Warm-up, is done."));
    CHECK(has(outcome.output,
              "01, The second day: read book/01_second_day.md:1, then ./learn test 01"));
    CHECK(course.state_of(0) == "done");
    CHECK(course.state_of(1) == "current");
    CHECK(has(course.learn({}).output, "You are at 01, The second day."));
}

TEST_CASE("A done lesson that is red again stays done, and it is said what is red now") {
    const MiniCourse course;
    course.write(course.solution());
    REQUIRE(course.learn({"test"}).exit_status == 0);
    course.write(course.starter());
    const tools::Outcome outcome = course.learn({"test", "warm_up"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "00, Warm-up, was green before and stays done"));
    CHECK(course.state_of(0) == "done");
    CHECK(course.state_of(1) == "current");
    const auto lessons = nlohmann::json::parse(course.learn({"list", "--json"}).output);
    CHECK(lessons[0]["red"] == nlohmann::json{"Every item's page shows that item"});
    const std::string list = course.learn({"list"}).output;
    INFO(list);
    CHECK(has(list, "done, now red"));
    CHECK(has(list, "    red now: Every item's page shows that item\n"));
    CHECK(has(course.learn({}).output, "done, now red"));

    course.write(course.solution());
    REQUIRE(course.learn({"test", "00"}).exit_status == 0);
    CHECK_FALSE(has(course.learn({"list"}).output, "now red"));
    CHECK(course.learn({"skip", "00"}).exit_status == 2);
}

TEST_CASE("After a lesson out of order the one after it comes next") {
    const MiniCourse course;
    const fs::path second = course.root() / "lessons/01_second_day/shop.cpp";
    put(second, course.solution());
    const tools::Outcome last = course.learn({"test", "01"});
    INFO(last.output);
    CHECK(last.exit_status == 0);
    CHECK(has(last.output, "How to go on:  00, Warm-up: "));  // there is none after the last
    put(second, course.starter());
}

TEST_CASE("Where the chapter explains it is told by its line") {
    const MiniCourse course;
    course.write(course.solution());
    const std::string chapter = tools::read_file(course.root() / "book/00_warm_up.md");
    const std::string before = chapter.substr(0, chapter.find("## Why"));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    CHECK(has(course.learn({"test", "00"}).output,
              "Why it works:  book/00_warm_up.md:" + std::to_string(line) + "\n"));
}

TEST_CASE("Of several red tests the first is shown, and how to see all") {
    const MiniCourse course;
    course.write(
        tools::replaced(course.starter(), "find_item(session, 1)", "find_item(session, 3)"));
    const std::string second = "Alice asked for item 2, the kettle, and was shown another item.";
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK_FALSE(has(outcome.output, second));
    CHECK(has(outcome.output, "./learn test 00 --all shows all 2 red tests in full"));
    const tools::Outcome all = course.learn({"test", "00", "--all"});
    CHECK(has(all.output, second));
    CHECK_FALSE(has(all.output, "--all"));
}

TEST_CASE("An endless loop keeps no other test from being run, when all are asked for") {
    const MiniCourse course;
    // The first test begins with item 1, the second with another.
    course.write(course.starter_with(
        "static volatile bool other = false; if (request.path != \"/items/1\") other = true;"
        "for (volatile int i = 0; !other; i = i + 1) continue;"));
    const tools::Outcome outcome =
        course.learn({"test", "00", "--all"}, {{"LEAKLINGS_PATIENCE", "1"}});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "The teapot's page shows the teapot (hung)"));
    CHECK(has(outcome.output, "RED Every item's page shows that item\n"));
    CHECK_FALSE(has(outcome.output, "not run"));
}

TEST_CASE("What moves a terminal's cursor is not handed on to it") {
    const MiniCourse course;
    course.write(course.starter_with(
        R"(fmt::print("{}[2Jhere{}]0;mine{} is {}[31m{}\n", '\x1b', '\x1b', '\a', '\x1b', wanted);)"));
    std::string code = tools::read_file(course.root() / MiniCourse::file);
    code = tools::replaced(code, "'\\x1b', wanted", "'\\x1b', request.path");
    course.write(code);
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "    here is /items/2\n"));
    CHECK_FALSE(has(outcome.output, "\033"));
    CHECK_FALSE(has(outcome.output, "\a"));
}

TEST_CASE("A lesson that asks for too much memory is told what it may take") {
    const MiniCourse course;
    course.write(course.starter_with("const std::string much(20'000'000'000UL, 'x');"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status != 0);
    CHECK(has(outcome.output, "It asked for more memory than the 2 GB that a test may take"));
}

TEST_CASE("A folder without tests, and a lesson without files, keep no other from being built") {
    const MiniCourse course;
    const fs::path lessons = course.root() / "lessons";
    const fs::path extra = lessons / "00_warm_up.bak";
    fs::create_directories(extra);
    put(extra / "shop.cpp", course.starter());
    fs::create_directories(lessons / "01_third_day");
    course.record();
    fs::remove_all(lessons / "01_second_day");
    const tools::Outcome outcome = course.learn({"test", "00"});
    const tools::Outcome gone = course.learn({"test", "01"});
    for (const fs::path& each : {extra, lessons / "01_third_day"}) fs::remove_all(each);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    CHECK(has(outcome.output, "1 of 2 green."));
    CHECK(has(outcome.output, "lessons/00_warm_up.bak is ignored"));
    INFO(gone.output);
    CHECK(gone.exit_status == 3);
    CHECK(has(gone.output, "lessons/01_second_day/shop.cpp is gone."));
    CHECK(has(gone.output, "./learn reset 01 brings it back"));
    CHECK_FALSE(has(gone.output, "No SOURCES"));
    CHECK_FALSE(has(gone.output, "mend it"));
}

TEST_CASE("A file that is gone, closed or no text is told as such, and no line is blamed") {
    const MiniCourse course;
    const fs::path folder = course.root() / "lessons/00_warm_up";
    const auto tested = [&] {
        const tools::Outcome outcome = course.learn({"test", "00"});
        UNSCOPED_INFO(outcome.output);
        CHECK(outcome.exit_status == 3);
        CHECK_FALSE(has(outcome.output, "mend"));
        return outcome.output;
    };
    SECTION("a header that was handed out") {
        put(folder / "stock.hpp", "inline int stock() { return 1; }\n");
        course.write("#include \"stock.hpp\"\n" + course.starter());
        course.record();
        fs::remove(folder / "stock.hpp");
        CHECK(has(tested(), "lessons/00_warm_up/stock.hpp is gone.\n"));
        course.write(course.starter());
        course.record();
    }
    SECTION("the code") {
        course.record();
        fs::remove(folder / "shop.cpp");
        const std::string said = tested();
        CHECK(has(said, "lessons/00_warm_up/shop.cpp is gone.\n"));
        CHECK(has(said, "./learn reset 00 brings it back"));
    }
    SECTION("a link to nowhere beside it") {
        fs::create_symlink("/no/such/file", folder / "more.cpp");
        course.write(course.starter_with("this does not compile;"));
        CHECK(
            has(tested(), "lessons/00_warm_up/more.cpp is a link to /no/such/file, which is not"));
        CHECK(course.learn({"test", "01"}).exit_status == 1);
        fs::remove(folder / "more.cpp");
    }
    SECTION("saved as UTF-16") {
        std::string wide = "\xFF\xFE";
        for (const char c : course.starter()) wide += std::string{c, '\0'};
        course.write(wide);
        const std::string said = tested();
        CHECK(has(said, "lessons/00_warm_up/shop.cpp is saved as UTF-16"));
        CHECK(has(said, "have your editor save it as UTF-8"));
    }
}

TEST_CASE("Two files that define one function are both named") {
    const MiniCourse course;
    const fs::path other = course.root() / "lessons/00_warm_up/other.cpp";
    put(other, course.solution());
    const tools::Outcome outcome = course.learn({"test", "00"});
    fs::remove(other);
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    const std::string words = tools::replaced(outcome.output, "\n", " ");
    CHECK(has(words, "is defined twice"));
    CHECK(has(words, "in lessons/00_warm_up/shop.cpp"));
    CHECK(has(words, "in lessons/00_warm_up/other.cpp"));
}

TEST_CASE("A build that fails for want of room or memory blames nobody's code") {
    const MiniCourse course;
    const tools::TemporaryFolder fakes;
    for (const auto& [said, words] : std::vector<std::pair<std::string, std::string>>{
             {course.root().string() + "/" + MiniCourse::file +
                  ":30:1: fatal error: error writing to /tmp/x.s: No space left on device",
              "The disk is full."},
             {"g++: fatal error: Killed signal terminated program cc1plus",
              "The compiler was killed: there was no memory left."}}) {
        put_program(fakes.path() / "cmake", "#!/bin/sh\necho \"" + said + "\"\nexit 1\n");
        const tools::Outcome outcome = course.learn(
            {"test", "00"}, {{"PATH", fakes.path().string() + ":" + std::getenv("PATH")}});
        INFO(outcome.output);
        CHECK(outcome.exit_status == 3);
        CHECK(has(outcome.output, words));
        CHECK_FALSE(has(outcome.output, "mend"));
    }
}

TEST_CASE("Of what does not compile the learner sees the first error in the own file") {
    const MiniCourse course;
    course.write(
        tools::replaced(course.starter(), "find_item(session, 1)", "find_item(session, wantd)"));
    const std::vector<std::string_view> lines = tools::lines_of(course.starter());
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    CHECK(has(outcome.output, "00, Warm-up does not compile."));
    CHECK(has(outcome.output, "lessons/00_warm_up/shop.cpp:"));
    CHECK(has(outcome.output, "error: "));
    CHECK(has(outcome.output, "wantd"));
    CHECK(has(outcome.output, "find_item(session, wantd);\n"));
    CHECK(has(outcome.output, "^"));
    CHECK(has(outcome.output, "build/lessons/log/00_warm_up.tests.txt"));
    CHECK(outcome.output.size() < 1500);
    CHECK(fs::exists(course.root() / "build/lessons/log/00_warm_up.tests.txt"));
    CHECK_FALSE(has(outcome.output, "\033"));
}

TEST_CASE("An error inside a library leads back to the learner's line") {
    const MiniCourse course;
    course.write(tools::replaced(
        course.starter_with("std::unique_ptr<Item> twice = std::make_unique<Item>(\"a\", \"b\");"),
        "#include <optional>", "#include <memory>\n#include <optional>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    CHECK(has(outcome.output, "std::make_unique<Item>(\"a\", \"b\");\n"));
    CHECK(has(outcome.output, "The compiler found it further in, at "));
}

TEST_CASE("A lesson without add_routes is told what the linker misses") {
    const MiniCourse course;
    course.write(tools::replaced(course.starter(), "void add_routes", "void add_some_routes"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 3);
    CHECK(has(outcome.output, "shop::add_routes("));
    CHECK(has(outcome.output, "defined nowhere"));
    CHECK(has(outcome.output, "common/shop/routes.hpp"));
}

TEST_CASE("A crash is told in words, with a way to find its line") {
    const MiniCourse course;
    course.write(course.starter_with("volatile int* nowhere = nullptr; *nowhere = 1;"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "The teapot's page shows the teapot (crashed)"));
    CHECK(has(outcome.output, "It touched memory that is not there."));
    CHECK(has(outcome.output, "GET /items/1"));
    CHECK(has(outcome.output,
              "gdb -batch -ex run -ex bt --args build/lessons/bin/00_warm_up.tests "));
    CHECK(has(outcome.output, "0 of 2 green."));
}

TEST_CASE("An exception out of a thread is told with its own words") {
    const MiniCourse course;
    course.write(tools::replaced(
        course.starter_with(
            "std::thread([] { throw std::runtime_error(\"nobody catches me\"); }).join();"),
        "#include <optional>", "#include <optional>\n#include <stdexcept>\n#include <thread>"));
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "nobody catches me"));
    CHECK(has(outcome.output, "The program gave itself up."));
}

TEST_CASE("An endless loop in a handler is ended, and the request in it is named") {
    const MiniCourse course;
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    const tools::Outcome outcome = course.learn({"test", "00"}, {{"LEAKLINGS_PATIENCE", "1"}});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 4);
    CHECK(has(outcome.output, "The teapot's page shows the teapot (hung)"));
    CHECK(has(outcome.output, "HANG:"));
    CHECK(has(outcome.output, "alice GET /items/1"));
    CHECK(has(outcome.output, "1 not run, because one hung"));
}

TEST_CASE("Ctrl-C in a test that hangs ends it with status 130") {
    const MiniCourse course;
    course.write(course.starter_with("for (volatile int i = 0;; i = i + 1) continue;"));
    Terminal terminal([&] {
        tools::Command command = course.command({"test", "00"});
        command.environment = {{"TERM", "xterm"}};
        return command;
    }());
    REQUIRE(terminal.sees("... The teapot's page"));
    terminal.type("\x03");
    CHECK(terminal.end() == 130);
}

TEST_CASE("Ctrl-C in a build ends it with status 130, and the next build is whole") {
    const MiniCourse course;
    course.write(course.starter() + "// another build\n");
    tools::Command command = course.command({"test", "00"});
    command.environment = {{"TERM", "xterm"}};
    Terminal terminal(command);
    REQUIRE(terminal.sees("Building 00_warm_up.tests"));
    terminal.type("\x03");
    CHECK(terminal.end() == 130);
    CHECK(course.learn({"test", "00"}).exit_status == 1);
}

TEST_CASE("A busy port is told by its number") {
    const MiniCourse course;
    const BusyPort port;
    const tools::Outcome outcome = course.learn({"run", "00", "--port", port.number()});
    INFO(outcome.output);
    CHECK(outcome.exit_status != 0);
    CHECK(has(outcome.output, "port " + port.number() + " cannot be had"));
}

TEST_CASE("What follows the lesson's number is the server's, even --help") {
    const MiniCourse course;
    const tools::Outcome server = course.learn({"run", "00", "--help"});
    CHECK(server.exit_status == 0);
    CHECK(has(server.output, "--bank-takes"));
    CHECK(has(server.output, "./learn run 00 [OPTIONS]"));
    CHECK_FALSE(has(server.output, "build/lessons/bin"));
    CHECK(has(course.learn({"run", "--bank-takes", "soon"}).output, "soon is not a time"));
    CHECK_FALSE(has(course.learn({"run", "--help"}).output, "--bank-takes"));
}

TEST_CASE("Each call shows one more hint, until the last has been said") {
    const MiniCourse course;
    const std::string first = course.learn({"hint", "00"}).output;
    CHECK(has(first, "Hint 1 of 2 for 00, Warm-up: Where is the number?"));
    CHECK(has(first, "The request has it."));
    CHECK_FALSE(has(first, "find_item"));
    const std::string second = course.learn({"hint", "0"}).output;
    CHECK(has(second, "Hint 2 of 2"));
    CHECK(has(second, "    +find_item(session, wanted)\n"));
    CHECK(has(second, "That was the last hint."));
    const std::string third = course.learn({"hint"}).output;
    CHECK_FALSE(has(third, "Hint 2"));
    CHECK(has(third, "That was the last hint."));
    CHECK(has(course.learn({"hint", "00", "--again"}).output, "Hint 1 of 2"));
    CHECK(has(course.learn({"hint", "00"}).output, "Hint 2 of 2"));
}

TEST_CASE("Grades have each lesson, each test and its message, and go on past what is broken") {
    const MiniCourse course;
    course.write(course.starter_with("this does not compile;"));
    const tools::Outcome outcome = course.learn({"grade", "--json"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 1);
    const auto grades = nlohmann::json::parse(outcome.output);
    REQUIRE(grades.size() == 2);
    CHECK(grades[0]["stem"] == "00_warm_up");
    CHECK(grades[0]["verdict"] == "does not compile");
    CHECK(has(grades[0]["message"], "lessons/00_warm_up/shop.cpp:"));
    CHECK(grades[0]["tests"][0]["verdict"] == "not run");
    CHECK(grades[1]["verdict"] == "red");
    REQUIRE(grades[1]["tests"].size() == 2);
    CHECK(grades[1]["tests"][0]["verdict"] == "passed");
    CHECK(grades[1]["tests"][1]["name"] == "Every item's page shows that item");
    CHECK(grades[1]["tests"][1]["pitfall"] == true);
    CHECK(grades[1]["tests"][1]["verdict"] == "failed");
    CHECK(has(grades[1]["tests"][1]["message"], "was shown another item"));
    CHECK(course.state_of(0) == "current");
}

TEST_CASE("Grades are plain text for people, and well when all is green") {
    const MiniCourse course;
    const tools::Outcome red = course.learn({"grade"});
    INFO(red.output);
    CHECK(red.exit_status == 1);
    CHECK(has(red.output, "red, 1 of 2 green"));
    CHECK(has(red.output, "RED Every item's page shows that item"));
    CHECK(has(red.output, "0 of 2 lessons are green."));
    course.write(course.solution());
    const tools::Outcome green = course.learn({"grade", "00"});
    INFO(green.output);
    CHECK(green.exit_status == 0);
    CHECK(has(green.output, "green, 2 of 2 green"));
    CHECK(has(green.output, "1 of 1 lessons are green."));
}

TEST_CASE("A hint says what an answer that fails like the learner's overlooks") {
    const MiniCourse course;
    const fs::path source = LEAKLINGS_SOURCE;
    const tools::Answer wrong = tools::answer_of(source, "00_warm_up", "wrong_another_constant");
    for (const fs::path& path :
         {fs::relative(wrong.path, source), fs::path("tests/failing/00_warm_up.txt")}) {
        fs::create_directories((course.root() / path).parent_path());
        fs::copy(source / path, course.root() / path,
                 fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    }
    CHECK_FALSE(has(course.learn({"hint", "00"}).output, "overlooks"));  // nothing was tested yet
    course.write(*tools::overlay_of(wrong, source / "solutions/00_warm_up").at("shop.cpp"));
    REQUIRE(course.learn({"test", "00"}).exit_status == 1);
    const tools::Outcome hint = course.learn({"hint", "00"});
    INFO(hint.output);
    CHECK(has(
        hint.output,
        "One answer that fails like this overlooks: Another constant shows another wrong item."));
    // Another that the tests reject, but in another way, overlooks something else.
    course.write(tools::replaced(course.solution(), "http::reply(response, *item);", ""));
    REQUIRE(course.learn({"test", "00"}).exit_status == 1);
    CHECK_FALSE(has(course.learn({"hint", "00"}).output, "overlooks"));
    fs::remove_all(course.root() / "tests/answers");
    fs::remove_all(course.root() / "tests/failing");
}

TEST_CASE("A damaged progress file is set aside, and the course goes on") {
    const MiniCourse course;
    fs::create_directories(course.root() / ".learn");
    std::ofstream(course.root() / ".learn/progress.db") << "this is no database, and long enough "
                                                           "that SQLite looks at its first bytes";
    const tools::Outcome outcome = course.learn({});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "progress.db.damaged-1"));
    CHECK(has(outcome.output, "You are at 00, Warm-up."));
    CHECK(fs::exists(course.root() / ".learn/progress.db.damaged-1"));
    CHECK_FALSE(has(course.learn({}).output, "damaged"));
}

TEST_CASE("Where no progress can be kept, the course goes on without") {
    const MiniCourse course;
    std::ofstream(course.root() / ".learn") << "a file where the folder should be";
    course.write(course.solution());
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "Your progress cannot be kept"));
    CHECK(has(outcome.output, "Well done"));
    CHECK(has(course.learn({}).output, "You are at 00, Warm-up."));
}

TEST_CASE("Wrong use is told, with what would be right") {
    const MiniCourse course;
    const tools::Outcome lesson = course.learn({"test", "77"});
    CHECK(lesson.exit_status == 2);
    CHECK(has(lesson.output, "There is no lesson 77. The lessons are 00 to 01"));
    CHECK(course.learn({"run", "nowhere"}).exit_status == 2);
    const tools::Outcome verb = course.learn({"tset", "00"});
    CHECK(verb.exit_status == 2);
    CHECK(has(verb.output, "There is no verb tset."));
    CHECK(course.learn({"test", "00", "--nonsense"}).exit_status == 2);
    const tools::Outcome verify = course.learn({"verify"});
    CHECK(verify.exit_status == 2);
    CHECK(has(verify.output, "./learn verify"));
}

TEST_CASE("The help has the exit statuses") {
    const MiniCourse course;
    const tools::Outcome outcome = course.learn({"--help"});
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "3 the lesson does not compile"));
}
