// Saying why a lesson could not be built.
#pragma once

#include <string>

#include "tutor/build.hpp"

namespace tutor {

// What is wrong: the first error in the learner's own file, or what the linker misses, and where
// everything is; returns what to do about it. Of a build that went well, the warnings in the
// learner's files; returns nothing.
std::string show_build(const Context& context, const Build& build);

// The same, and how to go on. False when it could not be built.
bool show_and_go_on(const Context& context, const Build& build);

}  // namespace tutor
