// Running other programs: they end, also when they don't want to, and nothing of them is left.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "process/child.hpp"
#include "process/command.hpp"
#include "process/temporary_folder.hpp"
#include "support/catch.hpp"

using tools::Child;
using tools::Command;
using tools::Outcome;

TEST_CASE("A program's status and both of its outputs are told") {
    const Outcome outcome = tools::run({{"sh", "-c", "echo one; echo two >&2; exit 3"}});
    CHECK(outcome.exit_status == 3);
    CHECK_FALSE(outcome.ok());
    CHECK(outcome.output == "one\ntwo\n");
}

TEST_CASE("A program is started in its folder, with its environment and without input") {
    Command command{{"sh", "-c", "pwd; echo $GREETING; cat"}};
    command.folder = "/";
    command.environment = {{"GREETING", "hello"}};
    CHECK(tools::run(command).output == "/\nhello\n");
}

TEST_CASE("A program has nothing open that is ours") {
    const int ours = ::open("/dev/null", O_RDONLY);
    REQUIRE(ours > 2);
    CHECK(tools::run({{"test", "-e", "/dev/fd/0"}}).ok());
    CHECK_FALSE(tools::run({{"test", "-e", "/dev/fd/" + std::to_string(ours)}}).ok());
    ::close(ours);
}

TEST_CASE("A program's signal is told") {
    const Outcome outcome = tools::run({{"sh", "-c", "kill -SEGV $$"}});
    CHECK(outcome.signal == SIGSEGV);
    CHECK(outcome.exit_status == -1);
}

TEST_CASE("A program that cannot be started is an error") {
    CHECK_THROWS_AS(tools::run({{"/no/such/program"}}), std::runtime_error);
}

TEST_CASE("A program that does not end is killed in time") {
    Command command{{"tail", "-f", "/dev/null"}};
    command.limit = std::chrono::milliseconds(100);
    const Outcome outcome = tools::run(command);
    CHECK(outcome.out_of_time);
    CHECK(outcome.signal == SIGKILL);
}

TEST_CASE("A program is killed with its children") {
    const tools::TemporaryFolder folder;
    const std::string fifo = (folder.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int descriptor = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
    {
        Child child(
            {{"sh", "-c", "sh -c 'exec 3>\"$0\"; echo started; tail -f /dev/null' \"$0\" & wait",
              fifo}});
        while (child.output() != "started\n" && child.read_more(Child::Deadline::max())) continue;
        CHECK(child.output() == "started\n");
    }
    // The holder of the other end is gone: nothing but that ends the wait.
    pollfd other_end = {descriptor, POLLIN, 0};
    CHECK(::poll(&other_end, 1, -1) == 1);
    CHECK((other_end.revents & POLLHUP) != 0);
    ::close(descriptor);
}

TEST_CASE("A program that must end its children itself is told to, and given the time") {
    // The first to end is not the one that has something to do.
    Command command{{"sh", "-c",
                     "sh -c 'trap \"echo has ended its children; exit\" TERM; echo started; "
                     "while :; do :; done' & wait"}};
    command.ends_its_children = true;
    Child child(command);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (child.output() != "started\n" && child.read_more(deadline)) continue;
    child.kill();
    REQUIRE(child.await_end(deadline));
    CHECK(child.output() == "started\nhas ended its children\n");
}

TEST_CASE("What a program leaves running is killed with its end") {
    const Outcome outcome = tools::run({{"sh", "-c", "tail -f /dev/null & echo started"}});
    CHECK(outcome.ok());
    CHECK(outcome.output == "started\n");
}

#ifdef __linux__

// A program that has started one in another session, which has a fifo open as long as it lives.
void check_nothing_is_left(const std::string& first_words) {
    const tools::TemporaryFolder folder;
    const std::string fifo = (folder.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int descriptor = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
    const std::string other = first_words + "exec 3>\"$0\"; echo started; tail -f /dev/null";
    Child child({{"sh", "-c", "setsid sh -c '" + other + "' \"$0\" & read line", fifo}},
                Child::Input::pipe);
    while (child.output() != "started\n" && child.read_more(Child::Deadline::max())) continue;
    child.write("go\n");
    REQUIRE(child.await_end(Child::Deadline::max()));
    CHECK(child.end().exit_status == 0);
    pollfd other_end = {descriptor, POLLIN, 0};
    CHECK(::poll(&other_end, 1, 0) == 1);
    CHECK((other_end.revents & POLLHUP) != 0);
    ::close(descriptor);
}

TEST_CASE("What has left the program's session is told to end with it, and else killed") {
    check_nothing_is_left("");
    check_nothing_is_left("trap \"\" TERM; ");
}

TEST_CASE("When we are killed, the program, its sessions and its temporary files go too") {
    const tools::TemporaryFolder folder;
    const std::filesystem::path files = folder.path() / "files";
    std::filesystem::create_directory(files);
    const std::string fifo = (folder.path() / "fifo").string();
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const int descriptor = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
    int kept[2] = {};
    REQUIRE(::pipe(kept) == 0);

    const pid_t killed = ::fork();
    if (killed == 0) {
        Command command{{"sh", "-c",
                         "exec 3>\"$0\"; setsid sh -c 'echo started; tail -f /dev/null' & wait",
                         fifo}};
        command.temporary = files;
        command.kept_open = kept[1];
        Child child(command);
        while (child.output() != "started\n" && child.read_more(Child::Deadline::max())) continue;
        ::kill(::getpid(), SIGKILL);
    }
    ::close(kept[1]);
    REQUIRE(::waitpid(killed, nullptr, 0) == killed);
    char byte = 0;
    CHECK(::read(kept[0], &byte, 1) == 0);  // all is over
    CHECK_FALSE(std::filesystem::exists(files));
    pollfd other_end = {descriptor, POLLIN, 0};
    CHECK(::poll(&other_end, 1, 0) == 1);
    CHECK((other_end.revents & POLLHUP) != 0);
    ::close(kept[0]);
    ::close(descriptor);
}

TEST_CASE("A program that kills its guard dies with it, and that is told") {
    const Outcome outcome = tools::run({{"sh", "-c", "kill -KILL $PPID; tail -f /dev/null"}});
    CHECK(outcome.signal == SIGKILL);
    CHECK_FALSE(outcome.ok());
}

#endif

TEST_CASE("A flood of output loses its middle") {
    Command command{{"sh", "-c", "yes 0123456 | head -n 100000"}};
    command.most_output = 1000;
    const Outcome outcome = tools::run(command);
    CHECK(outcome.output.size() < 2100);
    CHECK(outcome.output.find("798000 bytes left out") != std::string::npos);
}

TEST_CASE("One can talk with a program while it runs") {
    Child child({{"cat"}}, Child::Input::pipe);
    child.write("hello\n");
    while (child.output() != "hello\n" && child.read_more(Child::Deadline::max())) continue;
    CHECK(child.output() == "hello\n");
    child.close_input();
    CHECK(child.await_end(Child::Deadline::max()));
    CHECK(child.end().ok());
}

TEST_CASE("Writing to a program that is gone is an error, not our end") {
    Child child({{"true"}}, Child::Input::pipe);
    REQUIRE(child.await_end(Child::Deadline::max()));
    CHECK_THROWS_AS(child.write("hello\n"), std::runtime_error);
}

TEST_CASE("A program that floods us is killed, however long it might take") {
    const Outcome outcome = tools::run({{"yes", "more"}});
    CHECK(outcome.flooded);
    CHECK_FALSE(outcome.out_of_time);
    CHECK(outcome.signal == SIGKILL);
    CHECK(outcome.output.size() < 3'000'000);
}

TEST_CASE("A program that prints without a pause is killed in time") {
    Command command{{"yes", "more"}};
    command.limit = std::chrono::milliseconds(100);
    command.flood = static_cast<std::size_t>(-1);
    CHECK(tools::run(command).out_of_time);
}

TEST_CASE("A program that is no longer wanted is killed") {
    Command command{{"tail", "-f", "/dev/null"}};
    int asked = 0;
    command.cancelled = [&] { return ++asked == 2; };
    const Outcome outcome = tools::run(command);
    CHECK(outcome.cancelled);
    CHECK(outcome.signal == SIGKILL);
}

TEST_CASE("A program that is stopped is killed, and what stopped it is told") {
    const Outcome outcome = tools::run({{"sh", "-c", "kill -STOP $$"}});
    CHECK(outcome.stopped_by == SIGSTOP);
    CHECK(outcome.signal == SIGKILL);
}

TEST_CASE("A program has no terminal") {
    CHECK_FALSE(tools::run({{"sh", "-c", ": </dev/tty"}}).ok());
}
