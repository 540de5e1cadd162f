// How far a learner is in a lesson: by its stages, where it has some.
#pragma once

#include <string>
#include <vector>

#include "course/stages.hpp"
#include "tutor/context.hpp"

namespace tutor {

struct Standing {
    // Of the first stage that is not green; of all tests, as stage 0, when there is none.
    tools::StageTally at;
    int stages = 0;
};

Standing standing_of(const std::vector<tools::Test>& tests,
                     const std::vector<tools::TestResult>& results);

// "stage 1 of 3: 4 of 5 green", or "12 of 20 green".
std::string in_words(const Standing& standing);
// As the chapter calls it; empty when the chapter has no such stage.
std::string title_of_stage(const tools::Lesson& lesson, int number);
// "Stage 1 of 3, One of each in a request", as the chapter calls it; empty when there is none.
std::string name_of_stage(const tools::Lesson& lesson, const Standing& standing);
// After a lesson's name: "03, The yield, stage 1 of 2: 3 of 5 green".
std::string sum_of(const std::string& name, const Standing& standing);

// Red, and of a later stage: it is not its turn yet.
bool is_folded(const Standing& standing, const tools::TestResult& result);
// "Stages 2 and 3: 9 more red tests"; empty when there are none.
std::string folded_in_words(const Standing& standing,
                            const std::vector<tools::TestResult>& results);

// The stage that the learner is at, by the last run of the tests; 0 when none was red then, or the
// lesson has no stages.
int stage_reached(Context& context, const tools::Lesson& lesson);
// "1 of 3, One of each in a request (40 minutes)": the stage that is to be done now. Empty in a
// lesson without stages, and in one that is done.
std::string stage_to_do(Context& context, const tools::Lesson& lesson);

// Where the learner is: the lesson, its story, how long it takes, what to read and what to edit.
void show_place(Context& context, const tools::Lesson& lesson);

}  // namespace tutor
