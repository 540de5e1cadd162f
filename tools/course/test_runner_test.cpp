// One runner for all: in which order results come, and when it ends before the last test.
#include "course/test_runner.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/protocol.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

using tools::Test;
using tools::TestResult;
using tools::Verdict;

namespace {

// Stands for a tests' executable: reports on one test by what it is called, or on "one" and "two".
class Program {
 public:
    Program() {
        tools::write_file(path(), std::string(R"(#!/bin/sh
folder=$(dirname "$0")
tests=$1
while [ "$1" != --out ]; do shift; done
case $tests in
  "waits for the next") while [ ! -e "$folder/seen" ]; do :; done ;;
  hangs) exit )") + std::to_string(protocol::exit_status_of_a_hang) +
                                      R"( ;;
  exits) exit 0 ;;
  fails) good=false ;;
  "is not there") tests=another ;;
  --order) tests="one two" ;;
esac
{
  echo '<?xml version="1.0"?><Catch2TestRun>'
  [ "$tests" != "one two" ] || echo '<TestCase name="one"><OverallResult success="true"/></TestCase>'
  [ "$tests" != "one two" ] || tests=two
  echo "<TestCase name=\"$tests\"><OverallResult success=\"${good:-true}\"/></TestCase>"
  echo '</Catch2TestRun>'
} >"$2"
[ -z "$good" ] || exit 1
printf %s "${LEAKLINGS_SEAL##*|}" >"${LEAKLINGS_SEAL%|*}"
)");
        fs::permissions(path(), fs::perms::owner_all);
    }

    fs::path path() const { return folder_.path() / "tests"; }
    // What "waits for the next" waits for.
    void note_that_it_was_seen() const { tools::write_file(folder_.path() / "seen", ""); }

 private:
    tools::TemporaryFolder folder_;
};

std::vector<Test> named(const std::vector<std::string>& names) {
    std::vector<Test> tests;
    for (const std::string& name : names) tests.push_back({name, false});
    return tests;
}

std::vector<Verdict> verdicts_of(const std::vector<TestResult>& results) {
    std::vector<Verdict> verdicts;
    for (const TestResult& result : results) verdicts.push_back(result.verdict);
    return verdicts;
}

}  // namespace

TEST_CASE("Results come in the order of the tests, and one that has to wait can be glimpsed") {
    const Program program;
    std::vector<std::string> taken;
    std::vector<std::string> glimpsed;
    tools::RunOptions options;
    options.at_once = 2;
    options.take = [&](const TestResult& result) { taken.push_back(result.test.name); };
    options.glimpse = [&](const TestResult& result) {
        glimpsed.push_back(result.test.name);
        program.note_that_it_was_seen();
    };
    const auto results =
        tools::run_tests(program.path(), named({"waits for the next", "fails"}), options);
    CHECK(verdicts_of(results) == std::vector{Verdict::passed, Verdict::failed});
    CHECK(taken == std::vector<std::string>{"waits for the next", "fails"});
    CHECK(glimpsed == std::vector<std::string>{"fails"});
}

TEST_CASE("After a test that hung no other is run, if that is wished") {
    const Program program;
    tools::RunOptions options;
    const std::vector<Test> tests = named({"passes", "hangs", "exits", "passes too"});
    CHECK(verdicts_of(tools::run_tests(program.path(), tests, options)) ==
          std::vector{Verdict::passed, Verdict::hung, Verdict::crashed, Verdict::passed});
    options.stop_after_hang = true;
    CHECK(verdicts_of(tools::run_tests(program.path(), tests, options)) ==
          std::vector{Verdict::passed, Verdict::hung});
}

TEST_CASE("A run that is cancelled ends, and hands over nothing more") {
    const Program program;
    bool cancelled = false;
    tools::RunOptions options;
    options.cancelled = [&] { return cancelled; };
    options.take = [&](const TestResult&) { cancelled = true; };
    CHECK(tools::run_tests(program.path(), named({"one", "waits for the next"}), options).size() ==
          1);
}

TEST_CASE("A test that the executable has not is an error") {
    const Program program;
    CHECK_THROWS_AS(tools::run_tests(program.path(), named({"is not there"}), {}),
                    std::runtime_error);
    CHECK_THROWS_AS(tools::run_tests("/no/such/program", named({"any"}), {}), std::runtime_error);
}

TEST_CASE("All tests can be run in one process, which has to have them all") {
    const Program program;
    CHECK(verdicts_of(tools::run_in_one_process(program.path(), named({"two", "one"}), 7)) ==
          std::vector{Verdict::passed, Verdict::passed});
    CHECK(tools::run_in_one_process(program.path(), named({"one", "three"}), 7).empty());
}
