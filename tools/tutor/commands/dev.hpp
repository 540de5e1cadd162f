// What authors of lessons ask of the tutor.
#pragma once

#include <string>
#include <vector>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

// Makes a lesson NN_name that the course check takes: the warm-up under that name, with a chapter
// to be written over.
Status dev_new(Desk& desk, const std::string& stem);

// Builds what the course check needs of the lesson, or of all lessons, and asks it everything.
// `refresh` first records the starter as it is and writes the chapter's blocks anew.
Status dev_check(Desk& desk, const std::string& lesson, bool refresh);

struct FaultWishes {
    int faults = 0;  // 0: all
    int seed = 1;
    int at_once = 0;  // 0: the course check decides
    bool tsan = false;
    bool list = false;
};

// Builds the lesson's solution, and under ThreadSanitizer if that is wished for, and becomes the
// course check's `mutate`, which has the terminal and Ctrl-C for itself: it returns only when the
// solution could not be built.
Status dev_mutate(Desk& desk, const std::string& lesson, const FaultWishes& wishes);

// How well the tutor tells what a failing answer overlooks: the course check's `overlooked`, which
// it becomes as well. Without a lesson, in all of them.
Status dev_overlooked(Desk& desk, const std::string& lesson, bool record, bool anew);

// Builds tools/answers and becomes it, which returns only when that could not be done.
Status dev_answers(Desk& desk, std::vector<std::string> words);

}  // namespace tutor
