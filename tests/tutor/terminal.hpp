// A program on a terminal, with somebody who types.
#pragma once

#include <string>
#include <string_view>

#include "process.hpp"

class Terminal {
 public:
    // Starts it; `command.most_output` is not looked at. Throws std::runtime_error.
    explicit Terminal(const tools::Command& command);
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    // Hangs up, and kills what does not mind.
    ~Terminal();

    // Reads until `text` has been seen. False when the program has ended, or its limit has passed.
    bool sees(std::string_view text);
    // "\x03" is Ctrl-C, "\r" is Enter.
    void type(std::string_view keys);
    // Reads on to the program's end. The exit status, as a shell gives it.
    int end();
    // What has been seen, without the terminal's carriage returns.
    std::string seen() const;

 private:
    bool read_some();

    std::string seen_;
    tools::Command command_;
    int terminal_ = -1;
    int process_ = -1;
    std::chrono::steady_clock::time_point deadline_;
};
