// A lesson's tests as they are run for a learner.
#pragma once

#include <chrono>
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

bool is_green(const tools::TestResult& result);
bool ended_badly(const tools::TestResult& result);
std::vector<std::string> names_of_red(const std::vector<tools::TestResult>& results);

// "ok  A sentence", or "RED A sentence (hung)".
std::string line_of(const Screen& screen, const tools::TestResult& result);

}  // namespace tutor
