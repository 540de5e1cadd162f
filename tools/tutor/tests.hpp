// A lesson's tests as they are run for a learner.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "desk.hpp"
#include "test_run.hpp"

namespace tutor {

// Those of the lesson as it was built last. Throws std::runtime_error.
std::vector<tools::Test> tests_of(const Desk& desk, const tools::Lesson& lesson);

// Runs it, as long as a test may take; when it is red, its page is in <build>/timelines. When
// `cancelled` says so it is killed, and what is returned says nothing.
tools::TestResult run_one_test(const Desk& desk, const tools::Lesson& lesson,
                               const tools::Test& test,
                               const std::function<bool()>& cancelled = {});

bool is_green(const tools::TestResult& result);
bool ended_badly(const tools::TestResult& result);
std::vector<std::string> names_of_red(const std::vector<tools::TestResult>& results);

// "ok  A sentence", or "RED A sentence (hung)".
std::string line_of(const Screen& screen, const tools::TestResult& result);

}  // namespace tutor
