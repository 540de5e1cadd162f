// The blocks of a chapter that are made from the tests' runs on the starter; each test runs once.
// They throw std::runtime_error, whose text says what the block asks for and cannot have.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "verify/subjects/subject.hpp"

namespace verify {

class StarterRuns {
 public:
    StarterRuns(const Course& course, const tools::Lesson& lesson);

    // The [pitfall] tests, stage by stage, each with what it says on the starter; then the guards.
    std::vector<std::string> tests_block();
    // All that one of the [pitfall] tests says on the starter.
    std::vector<std::string> failure_block(const std::string& test);
    // The timeline of one of the [pitfall] tests on the starter, as it was printed.
    std::string timeline_of(const std::string& test);

 private:
    const std::vector<tools::TestResult>& results();
    std::string head_of_stage(int number) const;
    const tools::TestResult& red_result_of(const std::string& test);

    std::filesystem::path program_;
    std::vector<tools::Test> tests_;
    std::vector<tools::Stage> stages_;
    std::optional<std::vector<tools::TestResult>> results_;  // of the [pitfall] tests
};

// Whether two lines of failure blocks say the same, apart from the milliseconds of their timelines.
bool same_in_failures(const std::string& a, const std::string& b);

}  // namespace verify
