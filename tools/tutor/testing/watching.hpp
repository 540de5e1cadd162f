// The watch as a test starts it, and what is looked for on its screen.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "process/command.hpp"
#include "tutor/testing/mini_course.hpp"

using Environment = std::vector<std::pair<std::string, std::string>>;

// Enough for a build on a machine that has much else to do.
constexpr auto build_patience = std::chrono::minutes(10);

// ./learn without a verb, on a terminal without colours and without a desktop around it.
tools::Command watching(const MiniCourse& course, const Environment& more = {});

// Whether the text has all of these, each after the one before.
bool in_order(const std::string& text, const std::vector<std::string>& parts);

// The file with more includes than it had.
std::string with_includes(const std::string& text, const std::string& includes);
