#include "group_guard.hpp"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <stdexcept>

namespace tools {
namespace {

constexpr std::array handled = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

std::mutex starting;
int guarded = 0;  // under `starting`
struct Group {
    std::atomic<pid_t> id = 0;
    std::atomic<int> ending = SIGKILL;
};
std::array<Group, 64> groups;  // read by the handler, so atomic
std::array<struct sigaction, handled.size()> actions_before;

// Ends the groups, then does what would have been done without us. Async-signal-safe.
extern "C" void end_groups(int signal) {
    const int error = errno;
    for (const auto& group : groups) {
        const pid_t id = group.id.load();
        if (id > 0) ::kill(-id, group.ending.load());
    }
    std::size_t which = 0;
    while (handled[which] != signal) ++which;
    const auto& before = actions_before[which];
    if (before.sa_handler == SIG_DFL) {
        ::sigaction(signal, &before, nullptr);
        ::raise(signal);
    } else {
        before.sa_handler(signal);
    }
    errno = error;
}

// An ignored signal stays ignored, and a handler that wants more than the number keeps its signal.
bool ours_to_handle(const struct sigaction& action) {
    return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler != SIG_IGN;
}

void install() {
    struct sigaction action = {};
    action.sa_handler = end_groups;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < handled.size(); ++i) {
        ::sigaction(handled[i], nullptr, &actions_before[i]);
        if (ours_to_handle(actions_before[i])) ::sigaction(handled[i], &action, nullptr);
    }
}

void uninstall() {
    for (std::size_t i = 0; i < handled.size(); ++i) {
        if (ours_to_handle(actions_before[i])) ::sigaction(handled[i], &actions_before[i], nullptr);
    }
}

}  // namespace

StartingLock::StartingLock() {
    starting.lock();
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : handled) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, &mask_before_);
}

StartingLock::~StartingLock() {
    starting.unlock();
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

void StartingLock::guard(pid_t group, int ending) {
    for (auto& place : groups) {
        if (place.id.load() != 0) continue;
        if (guarded++ == 0) install();
        place.ending.store(ending);
        place.id.store(group);
        return;
    }
    throw std::runtime_error("too many programs are running at once");
}

void StartingLock::forget(pid_t group) {
    for (auto& place : groups) {
        if (place.id.load() != group) continue;
        place.id.store(0);
        if (--guarded == 0) uninstall();
        return;
    }
}

}  // namespace tools
