// What verify asks of a lesson's stages, and of a table of promises.
#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "verify/book/stages_check.hpp"

namespace {

const std::string good_chapter = R"(# 03 · A

## Your task

### Stage 1: In (20 minutes)

### Stage 2: Out (20 minutes)

## Hints

<details><summary>Stage 1: how?</summary>

So.

</details>

<details><summary>Stage 2: how?</summary>

So.

</details>

<details><summary>Show me the answer</summary>

So.

</details>
)";

const std::vector<tools::Test> good_tests = {{"a", true, 1}, {"b", true, 2}, {"guard", false}};

// What is found, in a lesson that takes an hour: each time what was expected.
std::string found_in(const std::string& chapter, const std::vector<tools::Test>& tests) {
    verify::Findings ignored;
    const verify::BookPage page("x.md", chapter, ignored);
    tools::Lesson lesson;
    lesson.time = "60 minutes";
    std::string expected;
    for (const verify::Finding& each : verify::judge_stages(page, lesson, tests))
        expected += each.expected + "\n";
    for (const verify::Finding& each : verify::judge_promises(page, tests))
        expected += each.expected + "\n";
    return expected;
}

std::string found_after(const std::string& before, const std::string& after) {
    return found_in(tools::replaced(good_chapter, before, after), good_tests);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Stages about which all agree are good, and so is a lesson without any") {
    CHECK(found_in(good_chapter, good_tests).empty());
    CHECK(found_in("## Your task\n\n## Hints\n", {{"a", true}, {"guard", false}}).empty());
}

TEST_CASE("A pitfall without a stage, or of one that the chapter has not, is noticed") {
    CHECK(has(found_in(good_chapter, {{"a", true, 1}, {"b", true, 2}, {"c", true}}),
              "a tag [stage …] of one of the 2 stages"));
    CHECK(has(found_in(good_chapter, {{"a", true, 1}, {"b", true, 2}, {"c", true, 3}}),
              "a tag [stage …] of one of the 2 stages"));
    CHECK(has(found_in("## Your task\n", {{"a", true, 1}}), "one of the 0 stages"));
}

TEST_CASE("A stage that asks for too much, or for nothing, is noticed") {
    const std::string how_many = "at most 12 red tests in a stage, and at least one";
    CHECK(has(found_in(good_chapter, {{"a", true, 1}}), how_many));
    std::vector<tools::Test> many = good_tests;
    for (int i = 0; i < 11; ++i) many.push_back({std::to_string(i), true, 1});
    CHECK(found_in(good_chapter, many).empty());
    many.push_back({"one too many", true, 1});
    CHECK(has(found_in(good_chapter, many), how_many));
    CHECK(has(found_after("In (20 minutes)", "In (61 minutes)"), "a stage of at most 60 minutes"));
    CHECK(has(found_after("In (20 minutes)", "In"), "a stage of at most 60 minutes"));
    CHECK(has(found_after("In (20 minutes)", "In (50 minutes)"), "no longer than the chapter's"));
    CHECK(has(found_after("Stage 2: Out", "Stage 3: Out"), "stage 2"));
}

TEST_CASE("A stage without a hint, and a hint that is out of place, are noticed") {
    CHECK(has(found_after("Stage 2: how?", "Stage 1: and then?"), "a hint for stage 2"));
    CHECK(has(found_after("Stage 2: how?", "And then?"), "a summary \"Stage 1: …\""));
    std::string turned = tools::replaced(good_chapter, "Stage 1: how?", "Stage x: how?");
    turned = tools::replaced(turned, "Stage 2: how?", "Stage 1: how?");
    turned = tools::replaced(turned, "Stage x: how?", "Stage 2: how?");
    CHECK(has(found_in(turned, good_tests), "a summary \"Stage 2: …\""));
}

TEST_CASE("A table of promises names the lesson's tests, all of them and no others") {
    const std::string table =
        "## Your task\n\n| | promised | tests |\n| --- | --- | --- |\n| 1 | *Soon* | *a*, *b* |\n";
    const std::vector<tools::Test> tests = {{"a", true}, {"b", false}};
    CHECK(found_in(table, tests).empty());
    CHECK(has(found_in(table, {{"a", true}}), "the names of tests"));
    CHECK(has(found_in(table, {{"a", true}, {"b", false}, {"c", true}}), "the test *c*"));
    CHECK(found_in(table + "\nThen *c*.\n", {{"a", true}, {"b", false}, {"c", true}}).empty());
    CHECK(found_in("## Your task\n\nNo table.\n", tests).empty());
}
