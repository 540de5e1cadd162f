// How long each test of an executable took last time, so that the slow ones can begin first and
// nobody waits for them in the end. It is a file beside the executable, and nothing depends on it.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "course/test_result.hpp"

namespace tools {

using Durations = std::map<std::string, std::chrono::milliseconds>;  // by the tests' names

// Empty when nothing is known, or what is there cannot be read.
Durations read_durations(const std::filesystem::path& executable);
// A file that cannot be written is no fault.
void remember_durations(const std::filesystem::path& executable,
                        const Durations& durations) noexcept;

// The places in `tests`, in the order in which they should begin: first those that take so long
// that others would be done meanwhile, the longest first; then all others as they stand.
std::vector<std::size_t> order_to_begin(const std::vector<Test>& tests, const Durations& durations);

}  // namespace tools
