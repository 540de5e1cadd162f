// A lesson's tests as they are run for a learner.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "course/test_result.hpp"
#include "tutor/context.hpp"

namespace tutor {

// Those of the lesson as it was built last. Throws std::runtime_error.
std::vector<tools::Test> tests_of(const Context& context, const tools::Lesson& lesson);

enum class AfterHang { stop, go_on };

// Runs them, each in a process of its own, several at once, until `cancelled` says so. Hands each
// result over in the order of the tests, in any thread, one at a time; after one that hung, no
// more, unless told to go on. A result that has to wait for one before it is shown to `glimpse` at
// once, in the same way. The pages of red ones are in <build>/timelines. Throws
// std::runtime_error when they cannot be run.
void run_tests(const Context& context, const tools::Lesson& lesson,
               const std::vector<tools::Test>& tests, const std::function<bool()>& cancelled,
               const std::function<void(tools::TestResult)>& take,
               AfterHang after_hang = AfterHang::stop,
               const std::function<void(const tools::TestResult&)>& glimpse = {});

bool is_green(const tools::TestResult& result);
bool ended_badly(const tools::TestResult& result);
// The red one that is worth reading first: one of `stage` or before, if there is any (0: of any), and
// one that did not crash, for it says in words what went wrong. Null when all are green.
const tools::TestResult* red_to_read(const std::vector<tools::TestResult>& results, int stage);
std::vector<std::string> names_of_red(const std::vector<tools::TestResult>& results);

// "ok  A sentence", or "RED A sentence (hung)".
std::string line_of(const Screen& screen, const tools::TestResult& result);

}  // namespace tutor
