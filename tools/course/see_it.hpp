// What a chapter has its reader type to see the disease: the commands of its <!-- server --> and
// <!-- shell --> blocks.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tools {

// The commands of a block's lines, those that begin with "$ ", a command's further lines after "> "
// with it; all else is what they print.
std::vector<std::string> commands_in(const std::vector<std::string>& block);

// What `$ ./learn run NN --flag value …` asks for.
struct ShopCommand {
    int port = 8080;  // as the reader sees it; not among the flags
    std::vector<std::pair<std::string, std::string>> flags;  // a value may be empty
};

// Of a server block. Throws std::runtime_error when its lines are anything but that one command.
ShopCommand read_shop_command(const std::vector<std::string>& block, const std::string& number);

// `text` with the shop at another port of this machine.
std::string with_port(std::string_view text, int from, int to);

}  // namespace tools
