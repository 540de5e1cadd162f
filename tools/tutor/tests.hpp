// A lesson's tests as they are run for a learner.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "desk.hpp"
#include "test_run.hpp"

namespace tutor {

// Those of the lesson as it was built last. Throws std::runtime_error.
std::vector<tools::Test> tests_of(const Desk& desk, const tools::Lesson& lesson);

// After which a test is ended: the tests' own watchdog gives up after six times their patience, see
// tests/support; we after it.
std::chrono::seconds limit_of_a_test();

// Runs them, each in a process of its own, several at once, until `cancelled` says so. Hands each
// result over in the order of the tests, in any thread, one at a time; after one that hung, no
// more. Throws std::runtime_error when they cannot be run.
void run_tests(const std::filesystem::path& executable, const std::vector<tools::Test>& tests,
               const std::function<bool()>& cancelled,
               const std::function<void(tools::TestResult)>& take);

bool is_green(const tools::TestResult& result);
bool ended_badly(const tools::TestResult& result);
std::vector<std::string> names_of_red(const std::vector<tools::TestResult>& results);

// "ok  A sentence", or "RED A sentence (hung)".
std::string line_of(const Screen& screen, const tools::TestResult& result);

}  // namespace tutor
