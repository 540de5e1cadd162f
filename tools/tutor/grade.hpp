// What all lessons come to, for a learner, a teacher or a program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "desk.hpp"
#include "test_run.hpp"

namespace tutor {

struct Grade {
    enum class Verdict { green, red, does_not_compile, not_judged };

    const tools::Lesson* lesson = nullptr;
    Verdict verdict = Verdict::red;
    bool untouched = false;                  // its files are as they were handed out
    std::string message;                     // why it does not compile, or cannot be judged
    std::vector<tools::Test> tests;          // all that there are
    std::vector<tools::TestResult> results;  // of those that were run: a hang ends the lesson
};

// Builds the lesson and runs its tests, and says what comes of it; keeps no progress.
Grade grade_lesson(Desk& desk, const tools::Lesson& lesson);

std::string_view in_words(Grade::Verdict verdict);

// A list of lessons as JSON.
std::string to_json(const std::vector<Grade>& grades);

}  // namespace tutor
