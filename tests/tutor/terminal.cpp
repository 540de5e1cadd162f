#include "terminal.hpp"

#include <poll.h>
#include <sys/wait.h>
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

#include "text.hpp"

Terminal::Terminal(const tools::Command& command)
    : command_(command), deadline_(std::chrono::steady_clock::now() + command.limit) {
    std::vector<char*> words;
    for (std::string& word : command_.words) words.push_back(word.data());
    words.push_back(nullptr);
    process_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
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
    seen_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

bool Terminal::sees(std::string_view text) {
    while (seen_.find(text) == std::string::npos) {
        if (!read_some()) return false;
    }
    return true;
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
