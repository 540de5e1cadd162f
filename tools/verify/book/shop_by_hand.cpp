#include "verify/book/shop_by_hand.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "course/see_it.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace verify {
namespace {

constexpr std::chrono::seconds patience(30);  // passes only when something is wrong
constexpr std::chrono::milliseconds glance(5);
constexpr std::chrono::milliseconds look(50);
constexpr std::chrono::milliseconds time_to_press_a_key(200);
constexpr std::size_t attempts_to_open = 5;

int free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    if (descriptor < 0) throw std::runtime_error("no socket can be made");
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT: as the sockets want it
    const bool bound =
        ::bind(descriptor, generic, size) == 0 && ::getsockname(descriptor, generic, &size) == 0;
    ::close(descriptor);
    if (!bound) throw std::runtime_error("no port is free");
    return ntohs(address.sin_port);
}

// By what the server says of it: "bank: alice's card? thinking for 2000 ms".
bool is_bank_asked(std::string_view output) {
    const std::vector<std::string_view> lines = tools::lines_of(output);
    return std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
        return line.starts_with("bank: ") && line.find('?') != std::string_view::npos;
    });
}

}  // namespace

ServerCommand read_server_command(const std::vector<std::string>& block,
                                  const std::string& number) {
    const tools::ShopCommand shown = tools::read_shop_command(block, number);
    ServerCommand command = {shown.port, {}};
    for (const auto& [flag, value] : shown.flags) {
        command.flags.push_back(flag);
        if (!value.empty()) command.flags.push_back(value);
    }
    return command;
}

ShopByHand::ShopByHand(const fs::path& server, const ServerCommand& command)
    : shown_port_(command.port) {
    open_server(server, command);
    // At a terminal curl shows no progress of a reply that it prints.
    tools::write_file(own_files_.path() / ".curlrc", "silent\nshow-error\n");
    tools::Command shell;
    shell.words = {"sh"};
    shell.folder = folder_.path();
    shell.environment = {{"CURL_HOME", own_files_.path().string()},
                         {"no_proxy", "localhost,127.0.0.1"},
                         {"NO_PROXY", "localhost,127.0.0.1"},
                         {"LC_ALL", "C"}};
    shell_ = std::make_unique<tools::Child>(shell, tools::Child::Input::pipe);
}

void ShopByHand::open_server(const fs::path& server, const ServerCommand& command) {
    const auto deadline = steady_clock::now() + patience;
    std::string output;
    // Between the moment in which a port is found free and the server's own bind it can be taken.
    for (std::size_t attempt = 0; attempt < attempts_to_open; ++attempt) {
        port_ = free_port();
        tools::Command start;
        start.words = {server.string()};
        start.words.insert(start.words.end(), command.flags.begin(), command.flags.end());
        start.words.insert(start.words.end(), {"--port", std::to_string(port_)});
        if (std::find(start.words.begin(), start.words.end(), "--database") == start.words.end()) {
            start.words.insert(start.words.end(), {"--database", "shop.db"});
        }
        start.folder = folder_.path();
        server_ = std::make_unique<tools::Child>(start);
        do {
            output = server_->output();
            if (output.find("The shop is open at") != std::string::npos) return;
        } while (server_->read_more(deadline));
        output = server_->output();
    }
    throw std::runtime_error("the server does not open: " + output);
}

std::vector<std::string> ShopByHand::run(const std::vector<std::string>& block) {
    const std::vector<std::string> commands = tools::commands_in(block);
    if (commands.empty()) {
        throw std::runtime_error("a shell block holds commands, on lines that begin with \"$ \"");
    }
    std::string text;
    for (const std::string& command : commands) {
        text += "$ " + tools::replaced(command, "\n", "\n> ") + "\n";
        std::string output;
        if (command.starts_with(": Ctrl-C")) {
            output = end_server();
        } else if (command.ends_with('&') && !command.ends_with("&&")) {
            start_in_background(command);
        } else {
            output = run_in_foreground(command);
        }
        text += output;
        if (!output.empty() && !output.ends_with('\n')) text += '\n';
    }
    std::vector<std::string> lines = {"```console"};
    for (const std::string_view line : tools::lines_of(text)) lines.emplace_back(line);
    lines.emplace_back("```");
    return lines;
}

void ShopByHand::expect_nothing_in_background() const {
    if (background_.empty()) return;
    throw std::runtime_error(
        "a command was left in the background: let \"$ wait\" end the last shell block of this "
        "server");
}

// In braces, and without standard input, so that no command swallows the next.
std::string ShopByHand::run_in_foreground(const std::string& command) {
    tell_shell(fmt::format("{{ {}\n}} </dev/null\n", to_real_port(command)));
    std::string output = await_marker(command);
    const std::vector<std::string_view> words = tools::words_of(command);
    if (!words.empty() && words.front() == "wait") {
        for (const fs::path& file : background_) {
            if (!output.empty() && !output.ends_with('\n')) output += '\n';
            output += tools::read_file(file);
        }
        background_.clear();
    }
    return as_reader_sees(output);
}

std::string ShopByHand::end_server() {
    // It may say of the last reply only after the client has it.
    while (server_->read_more(steady_clock::now() + time_to_press_a_key)) continue;
    const std::size_t seen = server_->output().size();
    server_->terminate();
    if (!server_->await_end(steady_clock::now() + patience)) {
        throw std::runtime_error("the server does not end");
    }
    return as_reader_sees(server_->output().substr(seen));
}

void ShopByHand::start_in_background(const std::string& command) {
    while (server_->read_more(steady_clock::now())) continue;
    const std::size_t seen = server_->output().size();
    const fs::path file = own_files_.path() / fmt::format("background.{}", markers_);
    const fs::path answered = file.string() + ".answered";
    background_.push_back(file);
    const std::string without_ampersand = command.substr(0, command.size() - 1);
    tell_shell(fmt::format("{{ {{ {}\n}} </dev/null >'{}' 2>&1; : >'{}'; }} &\n",
                           to_real_port(without_ampersand), file.string(), answered.string()));
    await_marker(command);
    const auto deadline = steady_clock::now() + patience;
    while (!is_bank_asked(std::string_view(server_->output()).substr(seen)) &&
           !fs::exists(answered)) {
        if (steady_clock::now() >= deadline) {
            throw std::runtime_error(
                fmt::format("the server neither asked the bank nor answered after: {}", command));
        }
        if (!server_->read_more(steady_clock::now() + glance)) std::this_thread::sleep_for(glance);
    }
}

// A shell that has gone is noticed when its marker does not come.
void ShopByHand::tell_shell(const std::string& text) {
    try {
        shell_->write(text);
    } catch (const std::runtime_error&) {
        shell_->await_end(steady_clock::now() + patience);
    }
}

std::string ShopByHand::await_marker(const std::string& command) {
    const std::string marker = fmt::format("\001{}\001", ++markers_);
    tell_shell(fmt::format("printf '\\001%s\\001' {}\n", markers_));
    const auto deadline = steady_clock::now() + patience;
    while (true) {
        const std::string output = shell_->output().substr(seen_);
        const std::size_t at = output.find(marker);
        if (at != std::string::npos) {
            seen_ += at + marker.size();
            return output.substr(0, at);
        }
        const bool more = shell_->read_more(std::min(deadline, steady_clock::now() + look));
        // A server whose output nobody takes up comes to a stop.
        while (server_->read_more(steady_clock::now())) continue;
        if (more) continue;
        if (steady_clock::now() >= deadline || shell_->await_end(steady_clock::now())) {
            throw std::runtime_error(
                fmt::format("this command did not end, or broke the shell: {}\n{}", command,
                            as_reader_sees(output)));
        }
    }
}

std::string ShopByHand::to_real_port(const std::string& command) const {
    return tools::with_port(command, shown_port_, port_);
}

std::string ShopByHand::as_reader_sees(const std::string& text) const {
    return tools::with_port(text, port_, shown_port_);
}

}  // namespace verify
