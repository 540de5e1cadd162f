// Running another program and outliving it, also when it hangs, forks or floods.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
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
    // Of a program that prints more than this nothing good can be expected any more.
    std::size_t flood = 256'000'000;
    // Bytes that each of its processes may take; 0: what there is. On Linux only.
    std::size_t most_memory = 0;
    // Its children are in groups of their own, as ninja's are, and it ends them itself. So it is
    // told to end (SIGTERM) and given some seconds for it, before its group is killed.
    bool ends_its_children = false;
    // A folder made for it: removed when this process is gone before it could do so.
    std::filesystem::path temporary = {};
    // A descriptor, of a lock for example, that stays open until nothing of the program is left,
    // even when this process is gone; -1: none.
    int kept_open = -1;
    // Asked now and then; true ends the program as its limit would.
    std::function<bool()> cancelled = {};
};

struct Outcome {
    int exit_status = -1;  // -1: it did not exit by itself
    int signal = 0;        // the signal that ended it
    bool out_of_time = false;
    bool cancelled = false;
    bool flooded = false;
    int stopped_by = 0;  // the signal that stopped it; it would never have gone on, and was killed
    std::string output;  // both of its outputs, as they came

    bool ok() const { return exit_status == 0; }
};

// Runs it to its end in a session of its own, without standard input and out of the terminal's
// reach. When `limit` has passed, when it floods us, or when this process is gone, however it ended
// (see guard/main.cpp), all of it is ended: nothing that it has started is left behind. Throws
// std::runtime_error when it cannot be started.
Outcome run(const Command& command);

}  // namespace tools
