// A test's timeline as a picture: a lane for each thread and for each connection, time runs down.
#pragma once

#include <string>

#include "course/timeline.hpp"

namespace verify {

struct Picture {
    std::string svg;          // the file
    std::string description;  // the same in words, plain text on one line
};

// What one thread does on one connection without a break is one row. No times: the same events in
// the same order are the same picture.
Picture draw_timeline(const tools::Timeline& timeline, const std::string& test);

}  // namespace verify
