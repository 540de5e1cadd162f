// What the tests, the chapter and the hints of a lesson say of its stages.
#include "course/stages.hpp"

#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

using tools::Test;
using tools::TestResult;
using tools::Verdict;

namespace {

TestResult result_of(const Test& test, Verdict verdict) {
    TestResult result;
    result.test = test;
    result.verdict = verdict;
    return result;
}

}  // namespace

TEST_CASE("The stages of a lesson are headings of its task") {
    const auto stages = tools::stages_in(
        "# 01 · A\n\n### Stage 1: Not here (10 minutes)\n\n"
        "## Your task\n\n### Stage 1: In, and how (35 minutes)\n\nWords.\n\n"
        "#### Stage 2: Too deep (1 minutes)\n\n### Stage 2: Out (of it)\n\n### The tests\n\n"
        "```text\n### Stage 3: In code (5 minutes)\n```\n\n"
        "## Hints\n\n### Stage 3: Not here either (10 minutes)\n");
    REQUIRE(stages.size() == 2);
    CHECK(stages[0].number == 1);
    CHECK(stages[0].title == "In, and how");
    CHECK(stages[0].minutes == 35);
    CHECK(stages[0].line == 7);
    CHECK(stages[1].number == 2);
    CHECK(stages[1].title == "Out (of it)");
    CHECK(stages[1].minutes == 0);
}

TEST_CASE("A hint's summary says of which stage it is") {
    CHECK(tools::stage_of_summary("Stage 2: and the deadline?") == 2);
    CHECK(tools::stage_of_summary("Stage 12: more") == 12);
    for (const char* summary : {"Show me the answer", "The stage: 2", "Stage two: and then?",
                                "Stages 1 and 2: both", "In Stage 2: what?", "Stage 2"})
        CHECK(tools::stage_of_summary(summary) == 0);
}

TEST_CASE("Tests are read stage by stage, and the guards come last") {
    const tools::TemporaryFolder folder;
    const auto list = folder.path() / "tests.list";
    tools::write_file(list,
                      "guard|One\npitfall 2|Two\npitfall 1|Three\nguard|Four\npitfall 1|F|ve\n");
    std::string read;
    for (const Test& test : tools::read_tests(list))
        read += test.name + (test.pitfall ? std::to_string(test.stage) : " ") + " ";
    CHECK(read == "Three1 F|ve1 Two2 One  Four  ");

    tools::write_file(list, "guard|One\npitfall|Two\nguard|Three\n");
    read.clear();
    for (const Test& test : tools::read_tests(list)) read += test.name + " ";
    CHECK(read == "One Two Three ");
}

TEST_CASE("The first stage that is not all green is the unfinished one") {
    const std::vector<Test> tests = {
        {"a", true, 1}, {"b", true, 1}, {"c", true, 2}, {"d", true, 3}, {"guard", false}};
    std::vector<TestResult> results = {
        result_of(tests[0], Verdict::passed), result_of(tests[1], Verdict::passed),
        result_of(tests[2], Verdict::hung), result_of(tests[3], Verdict::passed)};
    auto tallies = tools::tally_stages(tests, results);
    REQUIRE(tallies.size() == 3);
    REQUIRE(tools::unfinished(tallies) != nullptr);
    CHECK(tools::unfinished(tallies)->stage == 2);
    CHECK(tools::unfinished(tallies)->green == 0);
    CHECK(tools::unfinished(tallies)->tests == 1);

    results[2].verdict = Verdict::passed;
    tallies = tools::tally_stages(tests, results);
    CHECK(tools::unfinished(tallies) == nullptr);

    results.erase(results.begin());  // was not run
    tallies = tools::tally_stages(tests, results);
    REQUIRE(tools::unfinished(tallies) != nullptr);
    CHECK(tools::unfinished(tallies)->stage == 1);
    CHECK(tools::unfinished(tallies)->green == 1);

    CHECK(tools::tally_stages({{"a", true}, {"b", false}}, {}).empty());
}
