// What the watch shows at one moment, and how it is laid out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tutor/watch/terminal.hpp"

namespace tutor {

struct Frame {
    std::string title;              // a line, the first thing that is read
    std::vector<std::string> body;  // fitted lines
    std::size_t top = 0;            // the first of them that is seen
    std::string note;               // a word about the last key, or empty
    std::vector<std::string> keys;  // what can be pressed, and what it does
    std::string remark;             // what is to be known all the time, or empty
};

// The keys in lines of at most `columns`, none of them torn apart.
std::vector<std::string> lines_of_keys(const Frame& frame, std::size_t columns, bool utf8);

// How many lines of the body there is room for, at least one.
std::size_t body_height(const Frame& frame, Size size, bool utf8);

struct LineRange {
    std::size_t first = 0;
    std::size_t count = 0;
};

// The top nearest to `top` from which those lines of the body are seen; where there is not room for
// all of them, the first.
std::size_t top_that_shows(LineRange lines, std::size_t top, std::size_t height);

// One string a row, as many as the terminal has.
std::vector<std::string> lay_out(const Frame& frame, Size size, bool utf8);

// Draws what has changed since the last time.
class Painter {
 public:
    explicit Painter(const RawTerminal& terminal) : terminal_(terminal) {}
    void paint(std::vector<std::string> rows, Size size);
    // The screen is not what we left on it.
    void forget() { painted_.clear(); }

 private:
    const RawTerminal& terminal_;
    std::vector<std::string> painted_;
    Size size_;
};

}  // namespace tutor
