// Building a lesson, and saying why it could not be built.
#pragma once

#include <filesystem>
#include <string>

#include "course.hpp"
#include "desk.hpp"

namespace tutor {

enum class Part { tests, server };

// NN_name.tests or NN_name.server.
std::string target_of(const tools::Lesson& lesson, Part part);
std::filesystem::path executable_of(const Desk& desk, const tools::Lesson& lesson, Part part);

// Builds it, one build at a time in all processes. When that fails, says what is wrong: the first
// error in the learner's own file, or what the linker misses, and how to go on. False then. Throws
// std::runtime_error when there is nothing to build with.
bool build(const Desk& desk, const tools::Lesson& lesson, Part part);

}  // namespace tutor
