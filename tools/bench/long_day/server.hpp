// The last server as a process, one life after another, and what it takes from the system.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "process/child.hpp"

namespace long_day {

// What a process has at a moment.
struct Figures {
    long resident_kib = 0;
    int files = 0;
};

// For one thread. Somebody has to call `listen` all the time, or the server waits for us.
class Life {
 public:
    struct Options {
        std::filesystem::path program;
        std::filesystem::path database;
        int port = 0;
        int bank_port = 0;
    };
    // Waits until the shop is open. Throws std::runtime_error when it does not open.
    explicit Life(const Options& options);

    // Takes up what the server says, for so long.
    void listen(std::chrono::milliseconds time);
    // Nothing where there is no /proc.
    std::optional<Figures> figures() const;

    // Has it end, and returns how it did: "status 0". Nothing when it does not end within a minute.
    std::optional<std::string> end_by(int signal);
    // How it ended when nobody had it end.
    std::optional<std::string> ended_by_itself();

    std::string output() const { return child_.output(); }

 private:
    tools::Child child_;
};

}  // namespace long_day
