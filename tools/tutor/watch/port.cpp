#include "tutor/watch/port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace fs = std::filesystem;

namespace tutor {
namespace {

// "socket:[4711]", as /proc has the descriptors of sockets that listen there.
std::set<std::string> sockets_at(int port) {
    constexpr std::string_view listens = "0A";
    std::set<std::string> sockets;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream lines(table);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string here;
            std::string state;
            std::string number;
            std::string skipped;
            words >> skipped >> here >> skipped >> state;
            for (int i = 0; i < 5; ++i) words >> skipped;
            words >> number;
            if (state == listens && here.ends_with(fmt::format(":{:04X}", port))) {
                sockets.insert(fmt::format("socket:[{}]", number));
            }
        }
    }
    return sockets;
}

bool has_open(const fs::path& process, const std::set<std::string>& sockets) {
    std::error_code error;
    fs::directory_iterator files(process / "fd", error);
    for (; !error && files != fs::directory_iterator(); files.increment(error)) {
        std::error_code gone;
        if (sockets.contains(fs::read_symlink(files->path(), gone).string())) return true;
    }
    return false;
}

bool is_process(const fs::path& entry) {
    const std::string name = entry.filename().string();
    return std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

int port_it_cannot_have(std::string_view what_it_said) {
    constexpr std::string_view before = "port ";
    const std::size_t after = what_it_said.find(" cannot be had");
    const std::size_t at = what_it_said.rfind(before, after);
    int port = 0;
    if (after == std::string_view::npos || at == std::string_view::npos) return 0;
    const std::string_view number =
        what_it_said.substr(at + before.size(), after - at - before.size());
    std::from_chars(number.data(), number.data() + number.size(), port);
    return port;
}

std::string who_listens_at(int port) {
    const std::set<std::string> sockets = sockets_at(port);
    if (sockets.empty()) return {};
    std::error_code error;
    fs::directory_iterator processes("/proc", error);
    for (; !error && processes != fs::directory_iterator(); processes.increment(error)) {
        const fs::path process = processes->path();
        if (!is_process(process) || !has_open(process, sockets)) continue;
        std::ifstream words(process / "cmdline");
        std::string program;
        std::getline(words, program, '\0');
        return fmt::format("process {} ({})", process.filename().string(),
                           fs::path(program).filename().string());
    }
    return {};
}

}  // namespace tutor
