// A lesson's server and the shell of somebody who tries it: what a chapter's <!-- server --> and
// <!-- shell --> blocks show.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "process/child.hpp"
#include "process/temporary_folder.hpp"

namespace verify {

// What `$ ./learn run NN --flag …` asks for; the flags are without --port.
struct ServerCommand {
    int port = 8080;  // as the reader sees it
    std::vector<std::string> flags;
};

// Of the lines of a server block. Throws std::runtime_error
// when they are anything but that one command.
ServerCommand read_server_command(const std::vector<std::string>& block, const std::string& number);

// One server at a free port and one shell, from the constructor to the destructor.
class ShopByHand {
 public:
    // Throws std::runtime_error when the server does not open.
    ShopByHand(const std::filesystem::path& server, const ServerCommand& command);

    // A shell block's lines: its commands, each with what it really prints. A command that ends in
    // & has reached the server before the next one starts, and what it prints stands below the next
    // `wait`. One that begins with `: Ctrl-C`, which is nothing to a shell, ends the server, and
    // below it stands what the server prints from then on. Throws std::runtime_error when a command
    // does not end or breaks the shell.
    std::vector<std::string> run(const std::vector<std::string>& block);

    // Throws std::runtime_error when a command was left in the background.
    void expect_nothing_in_background() const;

 private:
    void open_server(const std::filesystem::path& server, const ServerCommand& command);
    std::string run_in_foreground(const std::string& command);
    std::string end_server();
    void start_in_background(const std::string& command);
    void tell_shell(const std::string& text);
    std::string await_marker(const std::string& command);
    std::string to_real_port(const std::string& command) const;
    std::string as_reader_sees(const std::string& text) const;

    int shown_port_ = 0;
    int port_ = 0;
    int markers_ = 0;                   // printed by the shell after each command
    std::size_t seen_ = 0;              // of what the shell has printed
    tools::TemporaryFolder folder_;     // where server and shell are
    tools::TemporaryFolder own_files_;  // what neither should stumble over
    std::unique_ptr<tools::Child> server_;
    std::unique_ptr<tools::Child> shell_;
    std::vector<std::filesystem::path> background_;  // what each command there prints
};

}  // namespace verify
