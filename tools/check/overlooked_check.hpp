// How well a failing answer is told what it overlooks (tools/tutor/overlooked.hpp), measured on the
// answers that are known to be wrong.
#pragma once

#include <filesystem>

#include "subject.hpp"

namespace check {

// Runs all tests against each wrong answer, and against the starter, which have to be built, and
// writes how they fail to tests/failing/NN_name.txt, by which the tutor knows them. The exit
// status: 0, 1 when one of them does not compile, 130 after Ctrl-C.
int record_failures(const Course& course, const tools::Lesson& lesson);

// Of those that were recorded: how often each is named itself, how often another is, how often
// nobody; then each as if it were not known; and the starter. With `anew` all are run once more,
// and what they do then is held against the record.
int measure_overlooked(const Course& course, const tools::Lesson& lesson, bool anew);

}  // namespace check
