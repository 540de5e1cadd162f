// A test of a lesson, and what became of it when it was run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tools {

struct Test {
    std::string name;
    bool pitfall = false;
    int stage = 0;  // of a pitfall in a lesson that has stages, from 1; else 0
};

// The tests that CMake found in a lesson's test file: <build>/tests/<stem>.list, a line each,
// "pitfall|name", "pitfall 2|name" in the second stage, or "guard|name". In the file's order; where
// there are stages, one stage after the other, and then the guards. Throws std::runtime_error.
std::vector<Test> read_tests(const std::filesystem::path& list);

// One assertion that failed.
struct Failure {
    std::string file;
    int line = 0;
    std::string expression;             // CHECK( shop.reviews() == 1 )
    std::string expansion;              // 0 == 1
    std::string exception;              // instead: what was thrown, or the signal, as Catch2 has it
    std::vector<std::string> messages;  // what it means in the shop's terms, outermost first
};

enum class Verdict {
    passed,
    failed,   // by an assertion
    threw,    // by an exception that nobody in the test expected
    crashed,  // by a signal; or it ended before its test did
    hung,     // ended by the watchdog or by us: it took too long, was stopped, or flooded us
};

struct TestResult {
    Test test;
    Verdict verdict = Verdict::crashed;
    std::vector<Failure> failures;
    std::string timeline;        // as the test printed it, without its first and last line
    std::filesystem::path page;  // the timeline as an HTML file; empty when there is none
    std::string output;          // all that it printed, but for where the page is
    int signal = 0;
    int stopped_by = 0;  // the signal that made it stand still, if one did
    bool flooded = false;
    bool exited = false;  // in the middle of the test, by a call of exit()
};

// What a learner is shown of a test that is not green: for each failed assertion its message, the
// expression and what it came to, once where several say the same; then the timeline. Plain text
// without colour, lines of at most `width`.
std::string describe(const TestResult& result, std::size_t width = 100);

}  // namespace tools
