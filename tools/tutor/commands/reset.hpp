// Beginning a lesson afresh.
#pragma once

#include <filesystem>

#include "tutor/context.hpp"

namespace tutor {

// The lesson is as it was handed out: its files, its state, its hints. Returns where the backup of
// the learner's files is, from the root; an empty path when there was nothing to take away. Throws
// WrongUse when it cannot, and then nothing was taken away.
std::filesystem::path reset_lesson(Context& context, const tools::Lesson& lesson);

}  // namespace tutor
