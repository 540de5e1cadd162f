// The watch on a terminal that can do nothing but print lines.
#pragma once

#include <string>

#include "tutor/watch/frame.hpp"

namespace tutor {

class LinePrinter {
 public:
    // Prints all of the frame, unless it is what was printed last.
    void show(const Frame& frame, bool utf8);
    // Somebody else has printed meanwhile.
    void forget() { shown_.clear(); }

 private:
    std::string shown_;
};

}  // namespace tutor
