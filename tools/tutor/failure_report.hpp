// Showing a test that is not green: what went wrong, where to look, how to go on.
#pragma once

#include <filesystem>

#include "course/course.hpp"
#include "course/test_result.hpp"
#include "tutor/context.hpp"

namespace tutor {

// All that the test has to say for itself.
void show_failure_report(const Screen& screen, const tools::TestResult& result,
                         const std::filesystem::path& executable);

// Where its timeline is as a page, if it is.
void show_page(const Context& context, const tools::TestResult& result);

// The places to look at, after it.
void show_where_to_look(const Context& context, const tools::Lesson& lesson,
                        const tools::TestResult& result);

}  // namespace tutor
