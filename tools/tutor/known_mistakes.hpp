// What an answer may overlook, told by the answers in tests/answers that are known to be wrong. How
// each of them fails is recorded in tests/failing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "course/failures.hpp"
#include "tutor/context.hpp"

namespace tutor {

// What the one wrong answer overlooks that fails like this; empty when none does, or several.
// Throws std::runtime_error when the record names an answer that is no more.
std::string overlooked_by_the_like_of(const std::filesystem::path& root,
                                      const tools::Lesson& lesson, const tools::Reds& reds);

// Keeps how the lesson fails for `what_is_overlooked`. To be called when all its tests have run.
void remember_failures(const Desk& desk, const tools::Lesson& lesson,
                       const std::vector<tools::TestResult>& results);

// "One answer that fails like this overlooks: …", of the tests that were red when the lesson was
// last tested; empty when there is nothing to say.
std::string what_is_overlooked(Desk& desk, const tools::Lesson& lesson);

}  // namespace tutor
