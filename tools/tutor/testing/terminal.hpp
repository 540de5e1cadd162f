// A program on a terminal, with somebody who types.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "process/command.hpp"
#include "tutor/testing/screen_picture.hpp"

class Terminal {
 public:
    // Starts it; of what the command asks for, only the words, the folder, the environment and the
    // limit are looked at. Throws std::runtime_error.
    explicit Terminal(const tools::Command& command, std::size_t columns = 80,
                      std::size_t rows = 24);
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    // Hangs up, and kills what does not mind.
    ~Terminal();

    // Reads until `text` has been seen. False when the program has ended, or its limit has passed.
    bool sees(std::string_view text);
    // Reads until the screen shows `text`, or is as somebody says; what was there before and is
    // gone does not count. False as above.
    bool shows(std::string_view text);
    bool awaits(const std::function<bool()>& it_is_so);
    const ScreenPicture& screen() const { return picture_; }

    // Somebody pulls at the window's edge.
    void resize(std::size_t columns, std::size_t rows);
    void send(int signal) const;
    int process() const { return process_; }
    // As `stty -g` has them.
    std::string settings() const;

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
    ScreenPicture picture_;
    int terminal_ = -1;
    int process_ = -1;
    std::chrono::steady_clock::time_point deadline_;
};
