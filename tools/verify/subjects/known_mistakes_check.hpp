// How well a failing answer is told what it overlooks (tools/tutor/known_mistakes.hpp), measured on
// the answers that are known to be wrong.
#pragma once

#include <filesystem>

#include "verify/subjects/subject.hpp"

namespace verify {

// Runs all tests against each wrong answer, and against the starter, which have to be built, and
// writes how they fail to tests/failing/NN_name.txt, by which the tutor knows them. The exit
// status: 0, 1 when one of them does not compile, 130 after Ctrl-C.
int record_failures(const Course& course, const tools::Lesson& lesson);

// By the record.
struct Named {
    int right = 0;
    int another = 0;
    int silent = 0;

    Named& operator+=(const Named& other);
};
struct OverlookedFigures {
    int recorded = 0;  // lessons
    Named known;       // each wrong answer
    Named unknown;     // each as if it were not in the record: to name another is wrong then
    int starters = 0;  // that are told something
};

// Prints the lesson's figures and adds them to `sum`. With `anew` all are run once more, and what
// they do then is held against the record. The exit status as above, 1 when there is no record, or
// one that no longer fits the answers.
int measure_overlooked(const Course& course, const tools::Lesson& lesson, bool anew,
                       OverlookedFigures& sum);
void print(const OverlookedFigures& sum);

}  // namespace verify
