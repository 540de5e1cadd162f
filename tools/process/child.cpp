#include "process/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "process/guard.hpp"

extern char** environ;  // NOLINT: POSIX wants it declared like this

namespace tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::runtime_error(what + ": " + std::strerror(error));
}

class Descriptor {
 public:
    explicit Descriptor(int number = -1) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }
    int release() { return std::exchange(number_, -1); }

 private:
    int number_;
};

// To be held while a program is started: another that is started meanwhile would inherit our ends.
std::mutex starting;

struct Pipe {
    Pipe() : Pipe(made()) {}
    Descriptor read;
    Descriptor write;

 private:
    explicit Pipe(std::array<int, 2> ends) : read(ends[0]), write(ends[1]) {}

    static std::array<int, 2> made() {
        std::array<int, 2> ends = {};
        if (::pipe(ends.data()) != 0) fail("no pipe can be made", errno);
        for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        return ends;
    }
};

struct Sockets {
    Sockets() : Sockets(made()) {}
    Descriptor ours;
    Descriptor guards;

 private:
    explicit Sockets(std::array<int, 2> ends) : ours(ends[0]), guards(ends[1]) {}

    static std::array<int, 2> made() {
        std::array<int, 2> ends = {};
#ifdef SOCK_CLOEXEC
        constexpr int kind = SOCK_STREAM | SOCK_CLOEXEC;
#else
        constexpr int kind = SOCK_STREAM;
#endif
        if (::socketpair(AF_UNIX, kind, 0, ends.data()) != 0) {
            fail("no socket can be made", errno);
        }
        for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
        return ends;
    }
};

// A program that is gone makes write() fail, instead of ending this process.
class NoBrokenPipe {
 public:
    NoBrokenPipe() {
        sigemptyset(&broken_pipe_);
        sigaddset(&broken_pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
    }
    NoBrokenPipe(const NoBrokenPipe&) = delete;
    NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
    ~NoBrokenPipe() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    // Of one that write() has met.
    void take() const {
        int signal = 0;
        sigset_t pending;
        if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) {
            sigwait(&broken_pipe_, &signal);
        }
    }

 private:
    sigset_t broken_pipe_;
    sigset_t before_;
};

struct FileActions {
    FileActions() { ::posix_spawn_file_actions_init(&value); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
    posix_spawn_file_actions_t value = {};
};

void stays_open(FileActions& actions, int descriptor) {
#ifdef __APPLE__
    ::posix_spawn_file_actions_addinherit_np(&actions.value, descriptor);
#else
    ::posix_spawn_file_actions_adddup2(&actions.value, descriptor, descriptor);
#endif
}

// A session and so a process group of its own, no signal blocked, and the usual answers to the
// signals that we handle.
struct Attributes {
    Attributes() {
        ::posix_spawnattr_init(&value);
        sigset_t signals;
        sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&value, &signals);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE})
            sigaddset(&signals, signal);
        ::posix_spawnattr_setsigdefault(&value, &signals);
        ::posix_spawnattr_setflags(
            &value, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { ::posix_spawnattr_destroy(&value); }
    posix_spawnattr_t value = {};
};

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        const bool replaced = std::any_of(added.begin(), added.end(),
                                          [&](const auto& pair) { return pair.first == name; });
        if (!replaced) all.emplace_back(text);
    }
    for (const auto& [name, value] : added) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

int poll_time(Child::Deadline deadline) {
    if (deadline == Child::Deadline::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    return static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(1'000'000)).count());
}

}  // namespace

Child::Child(const Command& command, Input input) : output_(command.most_output) {
    if (command.words.empty()) throw std::runtime_error("there is no program to start");
    start_guard(command, input);
    const std::optional<guard::Report> report = read_report(0);
    if (!report) return;  // a program that has killed the guard at once is one that was killed
    if (report->kind == guard::Report::started) {
        pid_ = report->value;
        return;
    }
    close_all();
    fail(command.words[0] + " cannot be started", report->value);
}

void Child::start_guard(const Command& command, Input input) {
    std::string program = command.words[0];
    // A relative path is meant from our folder, not from the program's.
    if (program.find('/') != std::string::npos)
        program = std::filesystem::absolute(program).string();
    std::vector<std::string> environment = environment_with(command.environment);

    const std::lock_guard lock(starting);
    Pipe from;
    std::optional<Pipe> to;
    Sockets sockets;
    FileActions actions;
    if (input == Input::pipe) {
        to.emplace();
        ::posix_spawn_file_actions_adddup2(&actions.value, to->read.get(), 0);
    } else {
        ::posix_spawn_file_actions_addopen(&actions.value, 0, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions.value, from.write.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions.value, from.write.get(), 2);
    for (const int kept : {sockets.guards.get(), command.kept_open}) {
        if (kept >= 0) stays_open(actions, kept);
    }
    if (!command.folder.empty()) {
        ::posix_spawn_file_actions_addchdir_np(&actions.value, command.folder.c_str());
    }
    std::vector<std::string> words = {LEAKLINGS_GUARD,
                                      std::to_string(sockets.guards.get()),
                                      std::to_string(command.kept_open),
                                      std::to_string(command.most_memory),
                                      command.ends_its_children ? "1" : "0",
                                      command.temporary.string(),
                                      program};
    words.insert(words.end(), command.words.begin() + 1, command.words.end());
    const Attributes attributes;
    const int error = ::posix_spawn(&guard_, words[0].c_str(), &actions.value, &attributes.value,
                                    pointers(words).data(), pointers(environment).data());
    if (error != 0) fail(words[0] + " cannot be started", error);
    control_ = sockets.ours.release();
    from_ = from.read.release();
    if (to) to_ = to->write.release();
    ::fcntl(from_, F_SETFL, O_NONBLOCK);
}

Child::~Child() {
    if (!ended_) {
        kill();
        await_end(Deadline::max());
    }
    close_all();
}

// The guard leaves, if it has not.
void Child::close_all() {
    close_input();
    for (int* descriptor : {&control_, &from_}) {
        if (*descriptor >= 0) ::close(std::exchange(*descriptor, -1));
    }
    if (guard_ <= 0) return;
    while (::waitpid(guard_, nullptr, 0) < 0 && errno == EINTR) continue;
    guard_ = -1;
}

void Child::write(std::string_view text) {
    const NoBrokenPipe none;
    int error = 0;
    while (!text.empty() && error == 0) {
        const ssize_t written = ::write(to_, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (error == EPIPE) none.take();
    if (error != 0) fail("the program reads no more", error);
}

void Child::close_input() {
    if (to_ >= 0) ::close(std::exchange(to_, -1));
}

void Child::order(char what) const {
    const NoBrokenPipe none;  // the guard may have been killed, which its reports' end tells
    while (::write(control_, &what, 1) < 0) {
        if (errno == EPIPE) none.take();
        if (errno != EINTR) return;
    }
}

std::optional<guard::Report> Child::read_report(int flags) {
    guard::Report report = {};
    ssize_t count = 0;
    do {
        count = ::recv(control_, &report, sizeof(report), flags);
    } while (count < 0 && errno == EINTR);
    if (count == sizeof(report)) return report;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (!status_) status_ = SIGKILL;  // as waitpid() has it: somebody has killed the guard
    return std::nullopt;
}

// Takes up what has been printed and what the guard has to say, when there is anything.
Child::Event Child::await(Deadline deadline) {
    std::array<pollfd, 2> wanted = {
        {{silent_ ? -1 : from_, POLLIN, 0}, {status_ ? -1 : control_, POLLIN, 0}}};
    if (::poll(wanted.data(), wanted.size(), status_ ? 0 : poll_time(deadline)) <= 0) {
        return Event::nothing;
    }
    if (wanted[1].revents != 0) {
        const std::optional<guard::Report> report = read_report(MSG_DONTWAIT);
        if (report && report->kind == guard::Report::stopped) end_.stopped_by = report->value;
        if (report && report->kind == guard::Report::ended) status_ = report->value;
    }
    if (wanted[0].revents == 0) return Event::report;
    std::array<char, 65536> bytes = {};
    const ssize_t count = ::read(from_, bytes.data(), bytes.size());
    if (count > 0) output_.add({bytes.data(), static_cast<std::size_t>(count)});
    silent_ = count == 0;
    return count > 0 ? Event::output : Event::report;
}

bool Child::read_more(Deadline deadline) {
    while (!silent_ && !ended_) {
        const bool over = status_.has_value();
        const Event event = await(deadline);
        if (event == Event::output) return true;
        if (event == Event::nothing && (over || steady_clock::now() >= deadline)) return false;
    }
    return false;
}

void Child::terminate() {
    if (!status_) order(guard::terminate);
}

void Child::kill() {
    if (!status_) order(guard::end);
}

bool Child::await_end(Deadline deadline) {
    if (ended_) return true;
    while (!status_) {
        await(deadline);
        if (!status_ && steady_clock::now() >= deadline) return false;
    }
    // Where somebody can hide from the guard, he may hold the pipe open, and print on for ever.
    const Deadline enough = steady_clock::now() + std::chrono::seconds(1);
    while (read_more(enough) && steady_clock::now() < enough) continue;

    order(guard::leave);
    ended_ = true;
    if (WIFEXITED(*status_)) end_.exit_status = WEXITSTATUS(*status_);
    if (WIFSIGNALED(*status_)) end_.signal = WTERMSIG(*status_);
    return true;
}

}  // namespace tools
