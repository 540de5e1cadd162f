// Where a lesson's programs are, and how all of its tests are run against one of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "course/course.hpp"
#include "course/test_result.hpp"

namespace verify {

struct Course {
    std::filesystem::path root;   // of the repository
    std::filesystem::path build;  // of the preset `course`
};

// A lesson by its number or its stem. Throws std::runtime_error.
tools::Lesson find_lesson(const Course& course, const std::string& name);

std::vector<tools::Test> tests_of(const Course& course, const tools::Lesson& lesson);

// The tests or the server of one version of a lesson's files: "00_warm_up" for the starter,
// "solution.00_warm_up", "wrong_x.00_warm_up".
// Throws std::runtime_error when it has not been built.
std::filesystem::path tests_program(const Course& course, const std::string& subject);
std::filesystem::path server_program(const Course& course, const std::string& subject);

// Two at a time, for others run beside this program.
constexpr std::size_t tests_at_once = 2;

// Runs each in a process of its own.
// The results are in the order of `tests`, and fewer when it was called off.
std::vector<tools::TestResult> run_tests(const std::filesystem::path& program,
                                         const std::vector<tools::Test>& tests,
                                         const std::function<bool()>& called_off = {},
                                         std::size_t at_once = tests_at_once);

// From now on tests get as much time as they need on a busy machine. It passes only in those that hang.
void be_patient();

// "failed by an assertion", "crashed", …
std::string in_words(tools::Verdict verdict);

}  // namespace verify
