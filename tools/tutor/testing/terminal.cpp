#include "tutor/testing/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#if __has_include(<pty.h>)
#include <pty.h>
#else
#include <util.h>
#endif

#include "text/text.hpp"

namespace {

winsize size_of(std::size_t columns, std::size_t rows) {
    winsize size = {};
    size.ws_col = static_cast<unsigned short>(columns);
    size.ws_row = static_cast<unsigned short>(rows);
    return size;
}

}  // namespace

Terminal::Terminal(const tools::Command& command, std::size_t columns, std::size_t rows)
    : command_(command),
      picture_(columns, rows),
      deadline_(std::chrono::steady_clock::now() + command.limit) {
    winsize size = size_of(columns, rows);
    std::vector<char*> words;
    for (std::string& word : command_.words) words.push_back(word.data());
    words.push_back(nullptr);
    process_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (process_ < 0) throw std::runtime_error("no terminal can be had");
    if (process_ > 0) return;
    if (!command_.folder.empty() && ::chdir(command_.folder.c_str()) != 0) ::_exit(126);
    for (const auto& [name, value] : command_.environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    ::execvp(words.front(), words.data());
    ::_exit(127);
}

Terminal::~Terminal() {
    ::close(terminal_);
    if (process_ <= 0) return;
    ::kill(-process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

bool Terminal::read_some() {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    pollfd wanted = {terminal_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wanted, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 4096> bytes = {};
    const ssize_t count = ::read(terminal_, bytes.data(), bytes.size());
    if (count <= 0) return false;  // nobody has it open any more
    const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
    seen_ += text;
    picture_.add(text);
    return true;
}

bool Terminal::sees(std::string_view text) {
    while (seen_.find(text) == std::string::npos) {
        if (!read_some()) return false;
    }
    return true;
}

bool Terminal::awaits(const std::function<bool()>& it_is_so) {
    while (!it_is_so()) {
        if (!read_some()) return it_is_so();
    }
    return true;
}

bool Terminal::shows(std::string_view text) {
    return awaits([&] { return picture_.text().find(text) != std::string::npos; });
}

void Terminal::resize(std::size_t columns, std::size_t rows) {
    const winsize size = size_of(columns, rows);
    picture_.resize(columns, rows);
    if (::ioctl(terminal_, TIOCSWINSZ, &size) != 0) {
        throw std::runtime_error("the terminal keeps its size");
    }
}

void Terminal::send(int signal) const {
    ::kill(process_, signal);
}

std::string Terminal::settings() const {
    termios now = {};
    if (::tcgetattr(terminal_, &now) != 0) throw std::runtime_error("the terminal is gone");
    std::string text;
    for (const tcflag_t flags : {now.c_iflag, now.c_oflag, now.c_cflag, now.c_lflag}) {
        text += std::to_string(flags) + ":";
    }
    for (const cc_t key : now.c_cc) text += std::to_string(key) + ":";
    return text;
}

void Terminal::type(std::string_view keys) {
    if (::write(terminal_, keys.data(), keys.size()) < 0) {
        throw std::runtime_error("the terminal takes no keys");
    }
}

int Terminal::end() {
    while (read_some()) continue;
    if (std::chrono::steady_clock::now() >= deadline_) ::kill(-process_, SIGKILL);
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
    process_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string Terminal::seen() const {
    return tools::replaced(seen_, "\r\n", "\n");
}
