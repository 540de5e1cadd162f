// Known mistakes: the answers in tests/answers that are known to be wrong, and what each overlooks.
// How each of them fails is recorded in tests/failing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "course/failures.hpp"
#include "tutor/context.hpp"

namespace tutor {

// What the one wrong answer overlooks that fails like this; empty when none does, or several do.
// Throws std::runtime_error when the record names an answer that is no more.
std::string known_mistake_like(const std::filesystem::path& root, const tools::Lesson& lesson,
                               const tools::FailedTests& failed);

// Keeps how the lesson fails for `likely_mistake`. To be called when all its tests have run.
void remember_failures(const Context& context, const tools::Lesson& lesson,
                       const std::vector<tools::TestResult>& results);

// "One answer that fails like this overlooks: …", of the tests that were red when the lesson was
// last tested; empty when there is nothing to say.
std::string likely_mistake(Context& context, const tools::Lesson& lesson);

}  // namespace tutor
