// What the tests say of each version of a lesson's files, held against what the course says of it.
#pragma once

#include <string>

#include "verify/finding.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

// Every test passes, `times` times; stops at the first run in which one does not. This and
// judge_starter know only what they have seen when they are interrupted (verify/interruptions.hpp).
Findings judge_right(const Course& course, const tools::Lesson& lesson, const std::string& subject,
                     int times);

// Exactly the [pitfall] tests fail, by an assertion, with the message that the chapter shows.
Findings judge_starter(const Course& course, const tools::Lesson& lesson, int times);

// Each test that the answer's lines `Rejected by:` name fails on it, by an assertion with a
// message.
Findings judge_wrong(const Course& course, const tools::Lesson& lesson, const std::string& answer);

// At least four answers that look right and one that is, beside the solution.
Findings judge_answers(const Course& course, const tools::Lesson& lesson);

}  // namespace verify
