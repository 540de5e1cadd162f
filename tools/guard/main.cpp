// Starts a program for a Child, and sees to it that nothing of it is left when it has ended, or
// when the process that wanted it is gone, even by SIGKILL:
//
//     guard SOCKET KEPT BYTES GENTLY FOLDER PROGRAM [WORD]...
//
// SOCKET is a descriptor (see guard.hpp), KEPT another that stays open until all is over, or -1.
// Each process may take BYTES of memory, 0 means what there is. GENTLY is 1 when the program's
// group is to be told to end, and given time for it, before it is killed. FOLDER may be empty.
//
// The program is the leader of a session of its own. What leaves that session becomes this
// process's child as soon as its parent is gone, on Linux, and is told to end when the program has
// ended; elsewhere nobody knows where it is.
#include "process/guard.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/prctl.h>

#include <cctype>
#include <fstream>
#endif

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using tools::guard::Report;

constexpr auto patience = std::chrono::seconds(5);  // with what was told to end

struct Task {
    int socket = -1;
    int kept = -1;
    rlim_t most_memory = 0;
    bool gently = false;
    fs::path folder;
    char** words = nullptr;
};

extern "C" void wake(int /*signal*/) {}  // out of pselect()

// In the new process, between fork() and exec().
[[noreturn]] void become(const Task& task, int told_of_failure) {
    ::setsid();
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const rlimit limit = {task.most_memory, task.most_memory};
    if (task.most_memory > 0) ::setrlimit(RLIMIT_DATA, &limit);
#endif
    std::signal(SIGCHLD, SIG_DFL);
    std::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(task.words[0], task.words);
    const int error = errno;
    if (::write(told_of_failure, &error, sizeof(error)) < 0) ::_exit(126);
    ::_exit(127);
}

// The number of the program, or what kept it from being started, negative.
int start(const Task& task) {
    std::array<int, 2> failure = {};
    if (::pipe(failure.data()) != 0) return -errno;
    for (const int end : failure) ::fcntl(end, F_SETFD, FD_CLOEXEC);
    const pid_t program = ::fork();
    if (program < 0) return -errno;
    if (program == 0) become(task, failure[1]);
    ::close(failure[1]);
    int error = 0;
    const bool failed = ::read(failure[0], &error, sizeof(error)) == sizeof(error);
    ::close(failure[0]);
    return failed ? -error : program;
}

// All that we are the parent of, which keep their numbers as long as we do not wait for them.
std::vector<pid_t> children() {
    std::vector<pid_t> found;
#ifdef __linux__
    std::error_code error;
    fs::directory_iterator entries("/proc", error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        const std::string name = entries->path().filename().string();
        if (std::isdigit(static_cast<unsigned char>(name[0])) == 0) continue;
        std::string text;
        std::getline(std::ifstream(entries->path() / "stat"), text, '\0');
        const std::size_t after_name = text.rfind(") ");  // then the state, then the parent
        if (after_name == std::string::npos || text.size() < after_name + 5) continue;
        if (std::atoi(text.c_str() + after_name + 4) == ::getpid()) {
            found.push_back(std::atoi(name.c_str()));
        }
    }
#endif
    return found;
}

class Guard {
 public:
    Guard(const Task& task, pid_t program) : task_(task), program_(program) {}

    // Until all is over and the one who wanted it knows, or is gone.
    void run() {
        report(Report::started, program_);
        while (!(is_over() && (left_ || alone_))) {
            look_at_program();
            if (ended_) end_others();
            if (is_over() && !std::exchange(told_, true)) report(Report::ended, *ended_);
            if (until_ && Clock::now() >= *until_) kill_group();
            if (!(is_over() && (left_ || alone_))) wait();
        }
        std::error_code ignored;
        if (!left_ && !task_.folder.empty()) fs::remove_all(task_.folder, ignored);
    }

 private:
    bool is_over() const { return ended_ && !others_; }

    void report(Report::Kind kind, int value) const {
        const Report report = {kind, value};
        if (::write(task_.socket, &report, sizeof(report)) < 0) return;  // gone, as we shall read
    }

    // While nobody waits for the program, its number and its group's are nobody else's.
    void look_at_program() {
        siginfo_t info = {};
        if (ended_ || ::waitid(P_PID, static_cast<id_t>(program_), &info,
                               WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0) {
            return;
        }
        if (info.si_pid != program_) return;
        if (info.si_code == CLD_STOPPED) {
            if (!std::exchange(stopped_, true)) report(Report::stopped, info.si_status);
            ::kill(-program_, SIGKILL);
            return;
        }
        // In a gentle end the first to end need not be the last.
        if (!(ending_ && task_.gently)) ::kill(-program_, SIGKILL);
        int status = 0;
        ::waitpid(program_, &status, 0);
        ended_ = status;
    }

    // Tells those that are left to end, and kills them when they do not.
    void end_others() {
        pid_t gone = 0;
        while ((gone = ::waitpid(-1, nullptr, WNOHANG)) > 0) continue;
        others_ = gone == 0;
#ifndef __linux__
        others_ = task_.gently && ::kill(-program_, 0) == 0;
#endif
        if (!others_) return;
        const Clock::time_point now = Clock::now();
        if (!until_) until_ = now + patience;
        const bool enough = now >= *until_;
        for (const pid_t each : children()) {
            const bool told_with_group = ending_ && ::getpgid(each) == program_;
            if (enough || (asked_.insert(each).second && !told_with_group)) {
                ::kill(each, enough ? SIGKILL : SIGTERM);
            }
        }
        if (now >= *until_ + patience) others_ = false;  // it is not ours to kill
    }

    void end_all() {
        if (std::exchange(ending_, true)) return;
        if (ended_) return;
        if (!task_.gently) return kill_group();
        ::kill(-program_, SIGTERM);
        until_ = Clock::now() + patience;
    }

    void kill_group() {
#ifdef __linux__
        if (ended_) return;  // its number may be somebody else's, and its orphans are our children
#endif
        ::kill(-program_, SIGKILL);
    }

    void wait() {
        fd_set readable;
        FD_ZERO(&readable);
        if (!alone_) FD_SET(task_.socket, &readable);
        const timespec a_while = {0, 50'000'000};
        sigset_t none;
        sigemptyset(&none);
        const bool in_a_hurry = until_ || others_;
        const int ready = ::pselect(task_.socket + 1, &readable, nullptr, nullptr,
                                    in_a_hurry ? &a_while : nullptr, &none);
        if (ready <= 0 || alone_) return;
        char order = 0;
        const ssize_t count = ::read(task_.socket, &order, 1);
        if (count < 0 && errno == EINTR) return;
        if (count <= 0) alone_ = true;
        if (count > 0 && order == tools::guard::leave) left_ = true;
        if (count > 0 && order == tools::guard::terminate && !ended_) ::kill(program_, SIGTERM);
        if (count <= 0 || order == tools::guard::end) end_all();
    }

    const Task& task_;
    const pid_t program_;
    bool stopped_ = false;
    bool ending_ = false;       // somebody wants it to end, or nobody is left to want it
    std::optional<int> ended_;  // its status
    bool others_ = false;       // that it has left behind
    std::set<pid_t> asked_;     // of them, to end
    std::optional<Clock::time_point> until_;  // there is time to end
    bool told_ = false;
    bool left_ = false;   // by the one who wanted it, who knows the end
    bool alone_ = false;  // he is gone
};

// All else that is open here belongs to the one who wanted the program, such as the HTTP connections of
// ./learn web: the program would have that many files less.
void close_all_but(const Task& task) {
    std::vector<int> open;
    std::error_code error;
    fs::directory_iterator entries("/dev/fd", error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error))
        open.push_back(std::atoi(entries->path().filename().c_str()));
    for (const int each : open) {
        if (each > 2 && each != task.socket && each != task.kept) ::close(each);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 7) return 2;
    const Task task = {.socket = std::atoi(argv[1]),
                       .kept = std::atoi(argv[2]),
                       .most_memory = static_cast<rlim_t>(std::strtoull(argv[3], nullptr, 10)),
                       .gently = std::atoi(argv[4]) != 0,
                       .folder = argv[5],
                       .words = argv + 6};
    close_all_but(task);
    for (const int ours : {task.socket, task.kept}) ::fcntl(ours, F_SETFD, FD_CLOEXEC);
#ifdef __linux__
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGCHLD, wake);
    sigset_t children_end;
    sigemptyset(&children_end);
    sigaddset(&children_end, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children_end, nullptr);

    const int program = start(task);
    if (program < 0) {
        const Report report = {Report::not_started, -program};
        return ::write(task.socket, &report, sizeof(report)) < 0 ? 1 : 0;
    }
    // What it prints is between it and the one who wanted it.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int descriptor : {0, 1, 2}) ::dup2(nothing, descriptor);
    Guard(task, program).run();
    return 0;
}
