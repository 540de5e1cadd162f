// How the learner's files differ from the solution's.
#pragma once

#include <string>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

// Shows it as `diff -u` has it, from the learner's files to the solution's.
Status diff(Context& context, const std::string& lesson);

}  // namespace tutor
