// Which red test a learner reads first, and how often the same is said.
#include <string>
#include <vector>

#include "course/test_result.hpp"
#include "support/catch.hpp"
#include "tutor/test_runner.hpp"
#include "tutor/testing/files.hpp"

using tools::TestResult;
using tools::Verdict;

namespace {

tools::Failure failure(int line, const std::string& expansion) {
    tools::Failure failure;
    failure.file = "tests/12_pass_the_baton.cpp";
    failure.line = line;
    failure.expression = "CHECK( told == 201 )";
    failure.expansion = expansion;
    failure.messages = {"Bob was told no."};
    return failure;
}

}  // namespace

TEST_CASE("What several assertions say alike is said once, with their number and the first place") {
    TestResult result;
    result.verdict = Verdict::failed;
    result.failures = {failure(12, "503 == 201"), failure(12, "503 == 201"),
                       failure(12, "500 == 201"), failure(40, "503 == 201")};
    CHECK(tools::describe(result) ==
          "Bob was told no.\n"
          "    CHECK( told == 201 )\n"
          "    came to: 503 == 201\n"
          "    at: tests/12_pass_the_baton.cpp:12 (3 times)\n"
          "\n"
          "Bob was told no.\n"
          "    CHECK( told == 201 )\n"
          "    came to: 500 == 201\n"
          "    at: tests/12_pass_the_baton.cpp:12\n");
    result.failures.resize(1);
    CHECK_FALSE(has(tools::describe(result), "times"));
}

TEST_CASE("The red test to be read first is one that did not crash, if there is any") {
    const auto named = [](const std::string& name, Verdict verdict) {
        TestResult result;
        result.test.name = name;
        result.verdict = verdict;
        return result;
    };
    std::vector<TestResult> results = {named("green", Verdict::passed)};
    CHECK(tutor::red_to_read(results) == nullptr);
    results.push_back(named("crashed", Verdict::crashed));
    results.push_back(named("crashed too", Verdict::crashed));
    CHECK(tutor::red_to_read(results)->test.name == "crashed");
    for (const Verdict verdict : {Verdict::hung, Verdict::threw, Verdict::failed}) {
        results.push_back(named("has words", verdict));
        CHECK(tutor::red_to_read(results)->test.name == "has words");
        results.pop_back();
    }
}
