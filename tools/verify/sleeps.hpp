// No test waits by the clock.
#pragma once

#include <filesystem>

#include "verify/finding.hpp"

namespace verify {

// Looks for calls that sleep in all files below tests/, comments included, and in what the right
// answers lay over the solutions. Left out are the wrong answers: sleeping may be what is wrong
// with one. A right answer may sleep in a file in which the solution does:
// that is the shop's, and no test's.
Findings judge_sleeps(const std::filesystem::path& root);

}  // namespace verify
