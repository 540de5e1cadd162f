// What the tutor's exit status says; `./learn --help` documents it.
#pragma once

#include <stdexcept>

namespace tutor {

enum Status {
    all_well = 0,
    red = 1,
    wrong_use = 2,  // also: something that the tutor needs is not there
    does_not_compile = 3,
    crashed_or_hung = 4,
    interrupted = 130,
};

// Its text is for the learner: what was wrong with the words
// after ./learn, and what would be right.
struct WrongUse : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace tutor
