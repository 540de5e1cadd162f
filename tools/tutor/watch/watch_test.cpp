// ./learn on a terminal, as somebody sees it who edits a lesson beside it. Each test is about what
// the screen shows, and about the terminal that is given back.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/file_lock.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

// Enough for a build on a machine that has much else to do.
constexpr auto patience = std::chrono::minutes(10);

tools::Command watching(const MiniCourse& course, const Environment& more = {}) {
    tools::Command command = course.command({});
    command.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"},       {"LC_ALL", "C.UTF-8"},
                           {"DISPLAY", ""},   {"WAYLAND_DISPLAY", ""}, {"BROWSER", ""}};
    command.environment.insert(command.environment.end(), more.begin(), more.end());
    command.limit = patience;
    return command;
}

// The order in which they are on the screen, each once.
bool in_order(const std::string& text, const std::vector<std::string>& parts) {
    std::size_t at = 0;
    for (const std::string& part : parts) {
        at = text.find(part, at);
        if (at == std::string::npos) return false;
    }
    return true;
}

std::string with_includes(const std::string& text, const std::string& includes) {
    return tools::replaced(text, "#include <optional>", "#include <optional>\n" + includes);
}

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

}  // namespace

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
    CHECK(has(screen, "How to go on:       mend that line, and save"));
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
    CHECK(terminal.shows("The compiler found it further in"));
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

TEST_CASE("The watch opens the shop, and Ctrl-C closes it but not the watch") {
    const MiniCourse course;
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("r");
    REQUIRE(terminal.shows("The shop is open at http://127.0.0.1:"));
    terminal.type("\x03");
    CHECK(terminal.shows("The shop has closed (exit status 0)"));
    terminal.type("q");
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("r");
    REQUIRE(terminal.shows("The shop is open at http://127.0.0.1:"));
    course.write(course.solution());
    CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
    terminal.type("\x03");
    CHECK(terminal.end() == 130);
}

// Makes ninja's rules with that name wait for ever, with a fifo open that tells of it.
class HeldRules {
 public:
    HeldRules(const MiniCourse& course, const std::string& name)
        : rules_(course.root() / "build/lessons/CMakeFiles/rules.ninja"),
          before_(tools::read_file(rules_)),
          written_(fs::last_write_time(rules_)),
          fifo_(course.root() / "held.fifo") {
        fs::remove(fifo_);
        REQUIRE(::mkfifo(fifo_.c_str(), 0600) == 0);
        std::string held;
        bool inside = false;
        for (const std::string_view line : tools::lines_of(before_)) {
            if (line.starts_with("rule ")) inside = has(std::string(line), name);
            held += inside ? tools::replaced(line, "  command = ",
                                             "  command = (exec 3>'" + fifo_.string() +
                                                 "'; tail -f /dev/null) && ")
                           : std::string(line);
            held += "\n";
        }
        REQUIRE(held != before_);
        tools::write_file(rules_, held);
    }
    HeldRules(const HeldRules&) = delete;
    HeldRules& operator=(const HeldRules&) = delete;
    ~HeldRules() {
        tools::write_file(rules_, before_);
        fs::last_write_time(rules_, written_);
        fs::remove(fifo_);
    }

    // Until one of them waits; and until it is gone.
    void await_begin() { descriptor_ = ::open(fifo_.c_str(), O_RDONLY); }
    void await_end() {
        char byte = 0;
        CHECK(::read(descriptor_, &byte, 1) == 0);
        ::close(descriptor_);
    }

 private:
    fs::path rules_;
    std::string before_;
    fs::file_time_type written_;
    fs::path fifo_;
    int descriptor_ = -1;
};

TEST_CASE("While the shop is built, the keys that would close it stop the build") {
    const MiniCourse course;
    HeldRules linker(course, "00_warm_up.2eserver");
    Terminal terminal(watching(course));
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    for (const char* key : {"q", "\033", "\x03", "r"}) {
        terminal.type("r");
        REQUIRE(terminal.shows("q stops the build"));
        linker.await_begin();
        terminal.type(key);
        CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
        linker.await_end();
    }
    terminal.type("rqrqrrqqrxq");
    terminal.end();
    CHECK(has(terminal.seen(), "./learn goes on from there."));
}

TEST_CASE("A build dies with the watch that is killed, and the next one is whole") {
    const MiniCourse course;
    REQUIRE(course.learn({"test", "00"}).exit_status == 1);
    {
        HeldRules compiler(course, "CXX_COMPILER__00_warm_up.2ecode");
        course.write(course.solution());
        Terminal terminal(watching(course));
        REQUIRE(terminal.shows("Building 00_warm_up.tests"));
        compiler.await_begin();
        terminal.send(SIGKILL);
        CHECK(terminal.end() == 128 + SIGKILL);
        compiler.await_end();
    }
    CHECK(course.learn({"test", "00"}).exit_status == 0);
}

// Port 8080 of this machine, where the shop would be.
class ShopsPort {
 public:
    ShopsPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const int yes = 1;
        ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
        sockaddr_in address = shops_address();
        auto* any = reinterpret_cast<sockaddr*>(&address);
        taken_ = ::bind(socket_, any, sizeof(address)) == 0 && ::listen(socket_, 1) == 0;
    }
    ShopsPort(const ShopsPort&) = delete;
    ShopsPort& operator=(const ShopsPort&) = delete;
    ~ShopsPort() { ::close(socket_); }
    bool is_ours() const { return taken_; }

    static sockaddr_in shops_address() {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(8080);
        return address;
    }

 private:
    int socket_;
    bool taken_ = false;
};

TEST_CASE("A port that the shop cannot have is told with who has it, and what can be done") {
    const MiniCourse course;
    Terminal terminal(watching(course), 120, 24);
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    {
        const ShopsPort port;
        REQUIRE(port.is_ours());
        terminal.type("r");
        CHECK(terminal.shows("The shop has closed (exit status 1)"));
        CHECK(terminal.shows("./learn run 00 --port 8081."));
#ifdef __linux__
        CHECK(terminal.shows("It is process " + std::to_string(::getpid()) +
                             " (tutor_tests) that has port 8080."));
#endif
    }
    terminal.type("r");
    CHECK(terminal.shows("The shop is open at http://127.0.0.1:8080"));
    terminal.type("qq");
    CHECK(terminal.shows("The shop "));
}

TEST_CASE("The shop's Ctrl-C stays the shop's after a stop, and Ctrl-Z gives the terminal back") {
    const MiniCourse course;
    tools::Command command = watching(course);
    const std::string program = command.words.front();
    command.words = {"bash", "--norc", "--noprofile", "--noediting", "-i"};
    command.environment.emplace_back("PS1", "$ ");
    const fs::path number = course.root() / "number.txt";
    fs::remove(number);
    Terminal terminal(command);
    REQUIRE(terminal.shows("$"));
    terminal.type("sh -c 'echo $$ >" + number.string() + "; exec " + program + "'\r");
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("r");
    REQUIRE(terminal.shows("The shop is open at"));
    terminal.type("\x1a");
    REQUIRE(terminal.shows("Stopped"));
    CHECK_FALSE(terminal.screen().is_other_screen());
    terminal.type("fg\r");
    REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));

    terminal.type("r");
    REQUIRE(terminal.shows("The shop is open at"));
    const auto takes = [&] {
        const std::string seen = terminal.seen();
        std::size_t count = 0;
        for (std::size_t at = 0; (at = seen.find("\033[?1049h", at)) != std::string::npos; ++at) {
            ++count;
        }
        return count;
    };
    const std::size_t before = takes();
    pid_t process = 0;
    std::ifstream(number) >> process;
    REQUIRE(process > 0);
    ::kill(process, SIGCONT);
    REQUIRE(terminal.awaits([&] { return takes() > before; }));
    terminal.type("\x03");
    CHECK(terminal.shows("The shop has closed (exit status 0)"));
    terminal.type("q");
    CHECK(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
    terminal.type("q");
    CHECK(terminal.shows("./learn goes on from there."));
    terminal.type("exit\r");
    terminal.end();
}

// A folder for temporary files in which nothing may be left.
class EmptyInTheEnd {
 public:
    std::string path() const { return folder_.path().string(); }
    bool is_empty() const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!fs::is_empty(folder_.path()) && std::chrono::steady_clock::now() < deadline) {
            ::poll(nullptr, 0, 5);
        }
        return fs::is_empty(folder_.path());
    }

 private:
    tools::TemporaryFolder folder_;
};

TEST_CASE("However the watch ends, its shop ends with it and leaves no files") {
    const MiniCourse course;
    for (const int signal : {SIGKILL, SIGHUP, SIGTERM, SIGINT, 0}) {
        INFO("signal " << signal << ", or 0: a save");
        course.write(course.starter());
        const EmptyInTheEnd files;
        Terminal terminal(watching(course, {{"TMPDIR", files.path()}}));
        REQUIRE(terminal.shows("RED  00, Warm-up: 1 of 2 green"));
        terminal.type("r");
        REQUIRE(terminal.shows("The shop is open at http://127.0.0.1:8080"));
        const int customer = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = ShopsPort::shops_address();
        REQUIRE(::connect(customer, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
        if (signal == 0) {
            course.write(course.solution());
            CHECK(terminal.shows("GREEN  00, Warm-up: 2 of 2 green"));
            terminal.type("q");
        } else {
            terminal.send(signal);
        }
        CHECK(terminal.end() == (signal == 0 ? 0 : 128 + signal));
        char byte = 0;
        CHECK(::read(customer, &byte, 1) <= 0);  // until the shop is gone
        ::close(customer);
        CHECK(files.is_empty());
    }
}

TEST_CASE("A shop of ./learn run whose terminal is gone closes, and leaves no files") {
    const MiniCourse course;
    for (const int signal : {SIGHUP, SIGTERM, SIGINT}) {
        INFO("signal " << signal);
        const EmptyInTheEnd files;
        tools::Command command = watching(course, {{"TMPDIR", files.path()}});
        command.words = {command.words.front(), "run", "00", "--port", "0"};
        Terminal terminal(command);
        REQUIRE(terminal.shows("The shop is open at"));
        terminal.send(signal);
        CHECK(terminal.end() == 0);
        CHECK(files.is_empty());
    }
}

TEST_CASE("Ctrl-C in the tests of ./learn test leaves no files") {
    const MiniCourse course;
    const fs::path fifo = course.root() / "running.fifo";
    fs::remove(fifo);
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    course.write(
        with_includes(course.starter_with("static_cast<void>(::open(\"" + fifo.string() +
                                          "\", O_WRONLY)); "
                                          "for (volatile int i = 0;; i = i + 1) continue;"),
                      "#include <fcntl.h>"));
    const EmptyInTheEnd files;
    tools::Command command = watching(course, {{"TMPDIR", files.path()}});
    command.words = {command.words.front(), "test", "00"};
    Terminal terminal(command);
    ::close(::open(fifo.c_str(), O_RDONLY));  // until the test is under way
    fs::remove(fifo);
    terminal.type("\x03");
    CHECK(terminal.end() == 130);
    CHECK(files.is_empty());
}

// ---------------------------------------------------------------- what goes wrong in a lesson

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
    CHECK(terminal.shows("Somebody killed it from outside"));
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

// ---------------------------------------------------------------- the terminal

int signal_called(const std::string& name) {
    return name == "TERM" ? SIGTERM : name == "HUP" ? SIGHUP : SIGINT;
}

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
        command.words = {"sh", "-c",
                         "trap : INT QUIT; sh -c 'echo $$ >\"$0\"; exec \"$1\"' \"$0\" \"$1\"; "
                         "echo \"[ended $?]\"; read line",
                         number.string(), command.words.front()};
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

// ---------------------------------------------------------------- what goes wrong around it

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
