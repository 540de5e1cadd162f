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
    CHECK(has(outcome.output, "Every item that you ask for is the teapot."));
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

TEST_CASE("A lesson that is green is done, and the next one is named") {
    const MiniCourse course;
    course.write(course.solution());
    const tools::Outcome outcome = course.learn({"test", "00"});
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output, "2 of 2 green."));
    CHECK(has(outcome.output, "Well done: 00, Warm-up, is done."));
    CHECK(has(outcome.output, "Did it stick?  ./learn quiz 00\n"));
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
    CHECK(has(second, "    +find_item(connection, wanted)\n"));
    CHECK(has(second, "That was the last hint."));
    const std::string third = course.learn({"hint"}).output;
    CHECK_FALSE(has(third, "Hint 2"));
    CHECK(has(third, "That was the last hint."));
    CHECK(has(course.learn({"hint", "00", "--again"}).output, "Hint 1 of 2"));
    CHECK(has(course.learn({"hint", "00"}).output, "Hint 2 of 2"));
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
