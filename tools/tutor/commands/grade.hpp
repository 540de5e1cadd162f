// What all lessons come to, for a learner, a teacher or a program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "course/test_result.hpp"
#include "tutor/context.hpp"

namespace tutor {

enum class LessonVerdict { green, red, does_not_compile, not_judged, tests_changed };

struct Grade {
    const tools::Lesson* lesson = nullptr;
    LessonVerdict verdict = LessonVerdict::red;
    bool untouched = false;  // its files are as they were handed out
    // What the verdict rests on, and is not as the course ships it: it is never green then.
    std::vector<std::string> changed;
    std::string message;                     // why it does not compile, or cannot be judged
    std::vector<tools::Test> tests;          // all that there are
    std::vector<tools::TestResult> results;  // of those that were run: a hang ends the lesson
};

// Builds the lesson and runs its tests, and says what comes of it; keeps no progress. `changed` are
// the files that are not as the course ships them.
Grade grade_lesson(Context& context, const tools::Lesson& lesson,
                   const std::vector<std::string>& changed);

std::string_view in_words(LessonVerdict verdict);

// A list of lessons as JSON.
std::string to_json(const std::vector<Grade>& grades);

}  // namespace tutor
