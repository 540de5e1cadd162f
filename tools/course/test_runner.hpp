// Runs the tests of an executable, each in a process of its own,
// so that a crash or a hang takes no other with it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "course/test_result.hpp"

namespace tools {

struct RunOptions {
    // So many at once. They mostly wait, so that there may be more than there are processors.
    std::size_t at_once = 1;
    // Asked now and then; true ends it.
    std::function<bool()> cancelled = {};
    // After a test that hung no other is begun or handed over.
    bool stop_after_hang = false;
    // For the pages of red tests, a folder; none are written when it is empty.
    std::filesystem::path pages = {};
    // Pages of green tests, too.
    bool green_pages = false;
    // Is handed each result in the order of the tests.
    // This and `glimpse` are called in any thread, one at a time.
    std::function<void(const TestResult&)> take = {};
    // Is handed a result at once that has to wait for one before it.
    std::function<void(const TestResult&)> glimpse = {};
};

// The results in the order of `tests`: all that were taken, so fewer after one that hung, or when
// it was cancelled. A test has as long as its own watchdog gives it, and then is killed. Throws
// std::runtime_error when the executable cannot be started or lacks one of the tests.
std::vector<TestResult> run_tests(const std::filesystem::path& executable,
                                  const std::vector<Test>& tests, const RunOptions& options);

// All of an executable's tests in one process, in an order that `seed` decides: what became of
// these tests, by verdict and failures alone. Empty when the process did not run to its end, or has
// not all of them; `run_tests` says more.
std::vector<TestResult> run_in_one_process(const std::filesystem::path& executable,
                                           const std::vector<Test>& tests, unsigned seed);

}  // namespace tools
