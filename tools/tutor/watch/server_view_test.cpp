// The shop that the watch opens: how it is built and closed, and that it leaves nothing behind.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
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
        const auto deadline = std::chrono::steady_clock::now() + build_patience;
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
