// How the learner's files differ from the solution's.
#pragma once

#include <string>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

// As `diff -u` has it, from the learner's files to the solution's; empty when they are the same.
// Throws std::runtime_error.
std::string difference(const Context& context, const tools::Lesson& lesson);

// Shows it as `diff -u` has it, from the learner's files to the solution's.
Status diff(Context& context, const std::string& lesson);

}  // namespace tutor
