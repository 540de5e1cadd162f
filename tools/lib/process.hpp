// Running another program and outliving it, whatever it does.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tools {

struct Command {
    std::vector<std::string> words;  // words[0] is looked up in PATH
    std::filesystem::path folder = {};
    std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
    std::chrono::milliseconds limit = std::chrono::minutes(10);
    // Bytes kept of each end; the middle of a flood is dropped.
    std::size_t most_output = 1'000'000;
};

struct Outcome {
    int exit_status = -1;  // -1: it did not exit by itself
    int signal = 0;        // the signal that ended it
    bool out_of_time = false;
    std::string output;  // both of its outputs, as they came

    bool ok() const { return exit_status == 0; }
};

// Runs it to its end in a process group of its own, without standard input. When `limit` has
// passed, or when this process gets SIGINT or SIGTERM, the whole group is killed: no child of a
// child is left behind. Throws std::runtime_error when it cannot be started.
Outcome run(const Command& command);

}  // namespace tools
