// Putting other files in the place of the learner's, whose own are kept.
#pragma once

#include <filesystem>

#include "tutor/context.hpp"

namespace tutor {

// Each returns where the copy of what it took away is, from the root; an empty path when the files
// were so already. Each throws WrongUse when it cannot, and then nothing was taken away.

// The lesson is as it was handed out: its files, its state, its hints.
std::filesystem::path reset_lesson(Desk& desk, const tools::Lesson& lesson);
std::filesystem::path take_solution(Desk& desk, const tools::Lesson& lesson);

}  // namespace tutor
