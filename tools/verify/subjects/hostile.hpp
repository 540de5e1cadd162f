// The tests under a hostile scheduler (tests/hostile), which holds threads up where they meet.
#pragma once

#include <cstdint>
#include <vector>

#include "course/course.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

struct HostileOptions {
    std::uint32_t from = 1;  // the first seed
    int seeds = 10;          // how many
};

// With each seed, each lesson's solution has to pass every test, and its starter to be red for the
// reasons that its chapter gives. Prints how it goes on, what was not so and the command that
// repeats it. The exit status: 0 when all was so, 1 when not, 77 where there is no such scheduler,
// 130 after Ctrl-C. Throws std::runtime_error when it cannot be tried.
int hostile(const Course& course, const std::vector<tools::Lesson>& lessons,
            const HostileOptions& options);

}  // namespace verify
