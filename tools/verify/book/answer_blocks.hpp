// The block of a chapter that shows an answer: what it differs by from the solution, or from the
// starter.
#pragma once

#include <string>
#include <vector>

#include "course/course.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

// Folded: the tests that reject it, if it is a wrong one, and the difference. If that is too long,
// the difference from the starter, when it is much shorter. If what is left is still too long, the
// parts that add most. Throws std::runtime_error, whose text says what cannot be had.
std::vector<std::string> answer_block(const Course& course, const tools::Lesson& lesson,
                                      const std::string& name);

// The same for texts: of a diff with more than `most_lines`, as many hunks as there is room for in
// `most_lines`, first those that add most code (comments, includes and empty lines are none). One
// may be cut short. "…" stands for what is left out.
struct ShownDiff {
    std::string text;
    bool is_whole = true;
};
ShownDiff shown_of(const std::string& diff, std::size_t most_lines);

}  // namespace verify
