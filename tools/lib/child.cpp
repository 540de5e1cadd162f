#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include "group_guard.hpp"

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

struct FileActions {
    FileActions() { ::posix_spawn_file_actions_init(&value); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&value); }
    posix_spawn_file_actions_t value = {};
};

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

void limit_memory(pid_t process, std::size_t bytes) {
#ifdef __linux__
    if (bytes == 0) return;
    const rlimit limit = {bytes, bytes};
    ::prlimit(process, RLIMIT_DATA, &limit, nullptr);
#else
    static_cast<void>(process);
    static_cast<void>(bytes);
#endif
}

// What is left until the deadline, but at most `most`: we look now and then whether the program has
// ended, for a child of its own can keep our pipe open.
int poll_time(Child::Deadline deadline, milliseconds most) {
    if (deadline == Child::Deadline::max()) return static_cast<int>(most.count());
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    return static_cast<int>(std::clamp(left, milliseconds(0), most).count());
}

}  // namespace

void KeptOutput::add(std::string_view bytes) {
    const std::size_t for_head = std::min(bytes.size(), most_ - head_.size());
    head_.append(bytes.substr(0, for_head));
    tail_.append(bytes.substr(for_head));
    if (tail_.size() > 2 * most_) {
        const std::size_t too_many = tail_.size() - most_;
        tail_.erase(0, too_many);
        dropped_ += too_many;
    }
}

std::string KeptOutput::text() const {
    const std::size_t too_many = tail_.size() > most_ ? tail_.size() - most_ : 0;
    const std::size_t dropped = dropped_ + too_many;
    if (dropped == 0) return head_ + tail_;
    return head_ + "\n... " + std::to_string(dropped) + " bytes left out ...\n" +
           tail_.substr(too_many);
}

Child::Child(const Command& command, Input input)
    : output_(command.most_output), ends_its_children_(command.ends_its_children) {
    if (command.words.empty()) throw std::runtime_error("there is no program to start");
    std::vector<std::string> words = command.words;
    // A relative path is meant from our folder, not from the program's.
    if (words[0].find('/') != std::string::npos)
        words[0] = std::filesystem::absolute(words[0]).string();
    std::vector<std::string> environment = environment_with(command.environment);

    StartingLock lock;
    Pipe from;
    std::optional<Pipe> to;
    FileActions actions;
    if (input == Input::pipe) {
        to.emplace();
        ::posix_spawn_file_actions_adddup2(&actions.value, to->read.get(), 0);
    } else {
        ::posix_spawn_file_actions_addopen(&actions.value, 0, "/dev/null", O_RDONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&actions.value, from.write.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions.value, from.write.get(), 2);
    if (!command.folder.empty()) {
        ::posix_spawn_file_actions_addchdir_np(&actions.value, command.folder.c_str());
    }
    const Attributes attributes;
    const int error = ::posix_spawnp(&pid_, words[0].c_str(), &actions.value, &attributes.value,
                                     pointers(words).data(), pointers(environment).data());
    if (error != 0) fail(words[0] + " cannot be started", error);
    try {
        lock.guard(pid_, ends_its_children_ ? SIGTERM : SIGKILL);
    } catch (...) {
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        throw;
    }
    limit_memory(pid_, command.most_memory);
    from_ = from.read.release();
    ::fcntl(from_, F_SETFL, O_NONBLOCK);
    if (to) to_ = to->write.release();
}

Child::~Child() {
    if (!ended_) {
        kill();
        await_end(Deadline::max());
    }
    close_input();
    ::close(from_);
}

void Child::write(std::string_view text) {
    // A program that is gone makes write() fail, instead of ending this process.
    sigset_t broken_pipe;
    sigset_t before;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    int error = 0;
    while (!text.empty() && error == 0) {
        const ssize_t written = ::write(to_, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (error == EPIPE) {
        int signal = 0;
        sigset_t pending;
        if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) {
            sigwait(&broken_pipe, &signal);
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) fail("the program reads no more", error);
}

void Child::close_input() {
    if (to_ >= 0) ::close(std::exchange(to_, -1));
}

bool Child::read_more(Deadline deadline) {
    while (true) {
        const bool over = has_ended();
        pollfd wanted = {from_, POLLIN, 0};
        const int ready = ::poll(&wanted, 1, over ? 0 : poll_time(deadline, milliseconds(20)));
        if (ready > 0) {
            std::array<char, 65536> bytes = {};
            const ssize_t count = ::read(from_, bytes.data(), bytes.size());
            if (count > 0) {
                output_.add({bytes.data(), static_cast<std::size_t>(count)});
                return true;
            }
            if (count == 0) return false;
        }
        if (over && ready <= 0) return false;
        if (steady_clock::now() >= deadline) return false;
    }
}

void Child::terminate() {
    if (!ended_) ::kill(pid_, SIGTERM);
}

void Child::kill() {
    if (ended_) return;
    if (ends_its_children_) {
        ::kill(-pid_, SIGTERM);
        await_silence(steady_clock::now() + std::chrono::seconds(5));
    }
    ::kill(-pid_, SIGKILL);
}

// Until nobody in the group has its output any more: the first to end need not be the last.
void Child::await_silence(Deadline deadline) {
    while (true) {
        pollfd wanted = {from_, POLLIN, 0};
        const int ready = ::poll(&wanted, 1, poll_time(deadline, std::chrono::hours(1)));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return;
        std::array<char, 65536> bytes = {};
        const ssize_t count = ::read(from_, bytes.data(), bytes.size());
        if (count == 0) return;
        if (count > 0) output_.add({bytes.data(), static_cast<std::size_t>(count)});
    }
}

bool Child::has_ended() {
    if (ended_) return true;
    siginfo_t info = {};
    // WNOWAIT: its number stays taken, so that the group can still be killed and nobody else's is.
    const int result =
        ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT);
    if (result != 0 || info.si_pid != pid_) return false;
    if (info.si_code != CLD_STOPPED) return true;
    end_.stopped_by = info.si_status;
    ::kill(-pid_, SIGKILL);
    return false;
}

bool Child::await_end(Deadline deadline) {
    if (ended_) return true;
    while (!has_ended()) {
        if (read_more(deadline) && steady_clock::now() < deadline) continue;
        if (has_ended()) break;
        if (steady_clock::now() >= deadline) return false;
        // It has closed its output and goes on, or is just about to end.
        ::poll(nullptr, 0, poll_time(deadline, milliseconds(2)));
    }
    ::kill(-pid_, SIGKILL);
    // Somebody who has left the group may hold the pipe open, and print on for ever.
    const Deadline enough = steady_clock::now() + std::chrono::seconds(1);
    while (read_more(enough) && steady_clock::now() < enough) continue;

    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    {
        StartingLock lock;
        lock.forget(pid_);
    }
    ended_ = true;
    if (WIFEXITED(status)) end_.exit_status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
    return true;
}

}  // namespace tools
