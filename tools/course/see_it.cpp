#include "course/see_it.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "text/text.hpp"

namespace tools {

std::vector<std::string> commands_in(const std::vector<std::string>& block) {
    std::vector<std::string> commands;
    for (const std::string& line : block) {
        if (line.starts_with("$ ")) {
            commands.push_back(line.substr(2));
        } else if (line.starts_with("> ") && !commands.empty() && commands.back().ends_with('\\')) {
            commands.back() += "\n" + line.substr(2);
        }
    }
    return commands;
}

ShopCommand read_shop_command(const std::vector<std::string>& block, const std::string& number) {
    const std::vector<std::string> commands = commands_in(block);
    const std::string form =
        fmt::format("a server block holds one command: $ ./learn run {} [flags]", number);
    if (commands.size() != 1) throw std::runtime_error(form);
    std::vector<std::string> words;
    for (const std::string_view word : words_of(commands[0])) words.emplace_back(word);
    if (words.size() < 3 || words[0] != "./learn" || words[1] != "run" || words[2] != number) {
        throw std::runtime_error(form);
    }
    ShopCommand command;
    for (std::size_t i = 3; i < words.size(); ++i) {
        std::string flag = words[i];
        std::string value;
        const std::size_t equals = flag.find('=');
        if (equals != std::string::npos) {
            value = flag.substr(equals + 1);
            flag.erase(equals);
        } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
            value = words[++i];
        }
        if (flag == "--port") {
            command.port = std::atoi(value.c_str());
        } else {
            command.flags.emplace_back(flag, value);
        }
    }
    return command;
}

std::string with_port(std::string_view text, int from, int to) {
    std::string result(text);
    for (const char* host : {"localhost:", "127.0.0.1:"}) {
        result = replaced(result, fmt::format("{}{}", host, from), fmt::format("{}{}", host, to));
    }
    return result;
}

}  // namespace tools
