// How an answer fails: which tests are red, and what each says. Two answers that fail alike may
// overlook the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "course/test_result.hpp"

namespace tools {

struct FailedTest {
    std::string test;
    Verdict verdict = Verdict::failed;
    std::string fingerprint;  // a mark of its first message, in which numbers count as one

    bool operator==(const FailedTest&) const = default;
};

// Of an answer; by the names of the tests.
using FailedTests = std::vector<FailedTest>;

FailedTests failed_tests_of(const std::vector<TestResult>& results);

struct KnownFailure {
    std::string answer;  // wrong_catch_all; or starter
    FailedTests failed;
};

// A text of them and back: the answer's name in a line, below it a line for each red test. Throws
// std::runtime_error, whose text names the line.
std::string written(const std::vector<KnownFailure>& known);
std::vector<KnownFailure> read_failures(std::string_view text);

// The same tests are red, and of four at least three say the same.
bool fail_alike(const FailedTests& a, const FailedTests& b);

// The one known answer that fails like this. Null when none does, or several do, which then tells
// nothing; when the starter does, for then nothing has been tried yet; when most red tests have
// crashed or hung, for that can come from anything; and when only one is red, which says itself
// what is wrong, and which many faults turn red.
const KnownFailure* the_one_like(const std::vector<KnownFailure>& known, const FailedTests& failed);

}  // namespace tools
