// How the learner's files differ from the solution's.
#pragma once

#include <string>
#include <string_view>

#include "tutor/context.hpp"

namespace tutor {

// As `diff -u` has it, from the learner's files to the solution's; empty when they are the same.
std::string difference(const Desk& desk, const tools::Lesson& lesson);

// The same for a screen that has colours.
std::string coloured_difference(const Screen& screen, std::string_view difference);

}  // namespace tutor
