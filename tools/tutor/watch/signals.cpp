#include "tutor/watch/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>

namespace tutor {
namespace {

constexpr std::array handled = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT,
                                SIGTSTP, SIGCONT, SIGWINCH, SIGALRM};
constexpr unsigned patience_s = 3;

std::array<int, 2> pipe_ends = {-1, -1};
std::array<struct sigaction, handled.size()> handled_before;
void (*say_last_words)() = nullptr;
std::atomic<int> ending = 0;

extern "C" void note_signal(int signal) {
    const int error = errno;
    if (Signals::ends_us(signal)) {
        ending.store(signal);
        ::alarm(patience_s);
    }
    const auto byte = static_cast<char>(signal);
    if (::write(pipe_ends[1], &byte, 1) < 0) errno = error;  // full: there is enough to wake up for
    errno = error;
}

extern "C" void end_now(int /*signal*/) {
    if (say_last_words != nullptr) say_last_words();
    ::_exit(128 + ending.load());
}

struct sigaction action_for(int signal) {
    struct sigaction action = {};
    action.sa_handler = signal == SIGALRM ? end_now : note_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return action;
}

}  // namespace

bool Signals::ends_us(int signal) {
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

Signals::Signals(void (*last_words)()) {
    if (::pipe(pipe_ends.data()) != 0) throw std::runtime_error("no pipe can be made");
    for (const int end : pipe_ends) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
    say_last_words = last_words;
    ending.store(0);
    for (std::size_t i = 0; i < handled.size(); ++i) {
        ::sigaction(handled[i], nullptr, &handled_before[i]);
        if (handled_before[i].sa_handler == SIG_IGN) continue;
        const struct sigaction action = action_for(handled[i]);
        ::sigaction(handled[i], &action, nullptr);
    }
}

Signals::~Signals() {
    ::alarm(0);
    for (std::size_t i = 0; i < handled.size(); ++i) {
        ::sigaction(handled[i], &handled_before[i], nullptr);
    }
    for (int& end : pipe_ends) ::close(end);
    say_last_words = nullptr;
}

int Signals::descriptor() const {
    return pipe_ends[0];
}

std::vector<int> Signals::take() {
    std::array<char, 64> bytes = {};
    const ssize_t count = ::read(pipe_ends[0], bytes.data(), bytes.size());
    std::vector<int> signals;
    for (ssize_t i = 0; i < count; ++i) {
        signals.push_back(bytes[static_cast<std::size_t>(i)]);
    }
    return signals;
}

void Signals::stop_this_process() {
    // Not SIGSTOP: where no shell is there to let us go on, SIGTSTP does nothing.
    struct sigaction usual = {};
    usual.sa_handler = SIG_DFL;
    struct sigaction ours = {};
    ::sigaction(SIGTSTP, &usual, &ours);
    ::raise(SIGTSTP);
    ::sigaction(SIGTSTP, &ours, nullptr);
}

}  // namespace tutor
