// A lesson that takes longer than an hour is done in stages. Each of its [pitfall] tests then has a
// tag such as [stage 2], its chapter's section "Your task" has a heading for each stage:
//
//   ### Stage 2: Teardown (40 minutes)
//
// and the summary of each hint says whose it is: "Stage 2: What does a teardown throw?"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "course/test_result.hpp"

namespace tools {

struct Stage {
    std::size_t line = 0;  // of the chapter, from 1
    int number = 0;        // from 1
    std::string title;
    int minutes = 0;  // 0 when the heading does not say it
};

// In the order of their headings.
std::vector<Stage> stages_in(std::string_view chapter);

// Of "Stage 2: What does a teardown throw?" it is 2; of a text that begins otherwise, 0.
int stage_of_summary(std::string_view summary);

struct StageTally {
    int stage = 0;
    std::size_t green = 0;
    std::size_t tests = 0;
};

// One for each stage that has tests, in order: none for a lesson without stages. A test that has no
// result is not green.
std::vector<StageTally> tally_stages(const std::vector<Test>& tests,
                                     const std::vector<TestResult>& results);

// The first of which not all tests are green. Null when there is none.
const StageTally* unfinished(const std::vector<StageTally>& tallies);

}  // namespace tools
