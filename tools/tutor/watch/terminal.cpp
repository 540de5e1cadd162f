// Plain ANSI sequences and termios, without a library for terminals: the watch draws whole frames
// of fitted lines, which needs ten sequences that every terminal since the VT220 knows, and giving
// the terminal back must work inside a signal handler, where no library's clean-up may be called.
#include "tutor/watch/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace tutor {
namespace {

// The other screen, without a cursor, and lines that are too long are cut, should we be wrong about
// their length. 2004: what is pasted is marked, so that it is no flood of keys.
constexpr std::string_view enter = "\033[?1049h\033[?25l\033[?7l\033[?2004h\033[2J\033[H";
constexpr std::string_view leave = "\033[0m\033[H\033[J\033[?2004l\033[?7h\033[?25h\033[?1049l";

termios as_it_was = {};
bool signals_are_keys = false;
std::atomic<bool> taken = false;

bool in_foreground() {
    return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

termios raw_of(termios settings) {
    settings.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ECHONL | IEXTEN);
    settings.c_lflag |= ISIG;
    if (signals_are_keys) settings.c_lflag &= ~static_cast<tcflag_t>(ISIG);
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    return settings;
}

}  // namespace

bool write_out(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd room = {STDOUT_FILENO, POLLOUT, 0};
            ::poll(&room, 1, 1000);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

RawTerminal::RawTerminal() {
    if (::tcgetattr(STDIN_FILENO, &as_it_was) != 0) {
        throw std::runtime_error("standard input is no terminal");
    }
    take();
}

RawTerminal::~RawTerminal() {
    give_back();
}

void RawTerminal::take() {
    // A process in the background is stopped here, until it is in the foreground again.
    const termios raw = raw_of(as_it_was);
    while (::tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0 && errno == EINTR) continue;
    taken.store(true);
    write_out(enter);
}

void RawTerminal::give_back() {
    if (!taken.load()) return;
    write_out(leave);
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &as_it_was);
    ::tcflush(STDIN_FILENO, TCIFLUSH);  // what was typed was meant for us
    taken.store(false);
}

void RawTerminal::rescue() {
    if (!taken.exchange(false) || !in_foreground()) return;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &as_it_was);
    // A terminal that takes nothing must not hold us up.
    pollfd room = {STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&room, 1, 0) == 1 && ::write(STDOUT_FILENO, leave.data(), leave.size()) < 0) return;
}

Size RawTerminal::size() const {
    winsize size = {};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return {};
    }
    return {size.ws_col, size.ws_row};
}

void RawTerminal::draw(std::string_view frame) const {
    write_out(frame);
}

void RawTerminal::ctrl_c_is_a_key(bool yes) {
    signals_are_keys = yes;
    const termios settings = raw_of(as_it_was);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

}  // namespace tutor
