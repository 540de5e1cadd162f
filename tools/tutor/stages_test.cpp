// A lesson in stages, as its learner and a teacher see it.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tutor/standing.hpp"
#include "tutor/test_runner.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/staged_lesson.hpp"
#include "tutor/testing/terminal.hpp"
#include "tutor/testing/watching.hpp"

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

TEST_CASE("A lesson's standing is that of its first stage that is not green") {
    const std::vector<Test> tests = {{"a", true, 1}, {"b", true, 1}, {"c", true, 2},
                                     {"d", true, 3}, {"e", true, 3}, {"guard", false}};
    std::vector<TestResult> results;
    for (const Test& test : tests) results.push_back(result_of(test, Verdict::failed));
    results.back().verdict = Verdict::passed;

    tutor::Standing standing = tutor::standing_of(tests, results);
    CHECK(tutor::in_words(standing) == "stage 1 of 3: 0 of 2 green");
    CHECK(tutor::sum_of("16, Closing", standing) == "16, Closing, stage 1 of 3: 0 of 2 green");
    CHECK(tutor::folded_in_words(standing, results) == "Stages 2 and 3: 3 more red tests");

    results[3].verdict = results[4].verdict = Verdict::passed;
    CHECK(tutor::folded_in_words(standing, results) == "Stage 2: 1 more red test");

    results[0].verdict = results[1].verdict = results[2].verdict = Verdict::passed;
    results[5].verdict = Verdict::crashed;  // a guard is folded at no stage
    standing = tutor::standing_of(tests, results);
    CHECK(tutor::in_words(standing) == "5 of 6 green");
    CHECK(tutor::sum_of("16, Closing", standing) == "16, Closing: 5 of 6 green");
    CHECK(tutor::folded_in_words(standing, results).empty());
}

TEST_CASE("The red test to be read first is of the stage that is to be done, or a guard") {
    const Test first = {"first", true, 1};
    const Test second = {"second", true, 2};
    const Test guard = {"guard", false};
    using Results = std::vector<TestResult>;
    const Results later = {result_of(second, Verdict::failed), result_of(first, Verdict::crashed)};
    CHECK(tutor::red_to_read(later, 1)->test.name == "first");
    CHECK(tutor::red_to_read(later, 2)->test.name == "second");
    const Results guarded = {result_of(first, Verdict::crashed), result_of(second, Verdict::failed),
                             result_of(guard, Verdict::failed)};
    CHECK(tutor::red_to_read(guarded, 1)->test.name == "guard");
}

TEST_CASE("A stage's red tests are shown and those of later stages are counted") {
    const MiniCourse course;
    const StagedLesson lesson(course);
    const tools::Outcome first = course.learn({"test", "01"});
    INFO(first.output);
    CHECK(first.exit_status == 1);
    CHECK(in_order(first.output,
                   {"  RED The kettle is a kettle\n", "  ok  The teapot is a teapot\n",
                    "  Stage 2: 1 more red test, which ./learn test 01 --all shows\n",
                    "Alice asked for the Kettle", "Stage 1 of 2, The kettle: 0 of 1 green.\n"}));
    CHECK_FALSE(has(first.output, "amovar"));
    const std::string all = course.learn({"test", "01", "--all"}).output;
    CHECK(in_order(all, {"  RED The kettle is a kettle\n", "  RED The samovar is a samovar\n",
                         "Alice asked for the Kettle", "Alice asked for the Samovar"}));
    CHECK_FALSE(has(all, "more red test"));

    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    const tools::Outcome second = course.learn({"test", "01"});
    INFO(second.output);
    CHECK(in_order(second.output,
                   {"  ok  The kettle is a kettle\n", "  RED The samovar is a samovar\n",
                    "Alice asked for the Samovar", "Stage 2 of 2, The samovar: 0 of 1 green.\n"}));

    // Now the guard is red, and the first stage again.
    lesson.write(lesson.shop_with("wanted < 3 ? 3 : wanted"));
    const tools::Outcome guard = course.learn({"test", "01", "--all"});
    INFO(guard.output);
    CHECK(in_order(guard.output,
                   {"  RED The kettle", "  ok  The samovar", "  RED The teapot",
                    "Alice asked for the Kettle", "Alice asked for the Teapot", "Stage 1 of 2"}));

    lesson.write(course.solution());
    const tools::Outcome green = course.learn({"test", "01"});
    INFO(green.output);
    CHECK(green.exit_status == 0);
    CHECK(has(green.output, "3 of 3 green.\n"));
}

TEST_CASE("Where a learner stands is told with the stage") {
    const MiniCourse course;
    const StagedLesson lesson(course);
    course.write(course.solution());
    REQUIRE(course.learn({"test", "00"}).exit_status == 0);
    CHECK(has(course.learn({}).output, "Stage: 1 of 2, The kettle (5 minutes)\n"));
    CHECK_FALSE(has(course.learn({"list"}).output, "stage"));

    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    REQUIRE(course.learn({"test", "01"}).exit_status == 1);
    CHECK(has(course.learn({}).output, "Stage: 2 of 2, The samovar (10 minutes)\n"));
    CHECK(has(course.learn({"list"}).output, "stage 2 of 2"));
    const auto lessons = nlohmann::json::parse(course.learn({"list", "--json"}).output);
    CHECK(lessons[0]["stage"] == 0);
    CHECK(lessons[0]["stages"].empty());
    CHECK(lessons[1]["state"] == "current");
    CHECK(lessons[1]["stage"] == 2);
    CHECK(lessons[1]["stages"][1] ==
          nlohmann::json{{"stage", 2}, {"title", "The samovar"}, {"minutes", 10}});
}

TEST_CASE("Hints begin with those of the stage that is to be done") {
    const MiniCourse course;
    const StagedLesson lesson(course);
    const auto hint = [&] { return course.learn({"hint", "01"}).output; };
    CHECK(in_order(hint(), {"Hint 1 of 4 for 01, The second day: Stage 1: which number?",
                            "One more: ./learn hint 01"}));
    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    REQUIRE(course.learn({"test", "01"}).exit_status == 1);
    CHECK(in_order(hint(), {"Hint 3 of 4", "Stage 2: which number?", "One more: ./learn hint 01"}));
    CHECK(in_order(hint(), {"Hint 4 of 4", "Show me the answer", "That was the last hint."}));

    lesson.write(course.starter());
    REQUIRE(course.learn({"test", "01"}).exit_status == 1);
    CHECK(has(course.learn({"hint", "01", "--again"}).output, "Hint 1 of 4"));
    CHECK(in_order(hint(), {"Hint 2 of 4",
                            "That was the last hint of stage 1. For stage 2: "
                            "./learn hint 01"}));
    CHECK(has(hint(), "Hint 3 of 4"));
}

TEST_CASE("A grade counts the stages") {
    const MiniCourse course;
    const StagedLesson lesson(course);
    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    CHECK(has(course.learn({"grade", "01"}).output, "red, 2 of 3 green, 1 of 2 stages\n"));
    const tools::Outcome outcome = course.learn({"grade", "--json"});
    INFO(outcome.output);
    const auto grades = nlohmann::json::parse(outcome.output);
    CHECK(grades[0]["stages"].empty());
    CHECK(grades[0]["tests"][0]["stage"] == 0);
    CHECK(grades[1]["stages"] == nlohmann::json::parse(R"([
        {"stage": 1, "green": 1, "tests": 1}, {"stage": 2, "green": 0, "tests": 1}])"));
    CHECK(grades[1]["tests"][1]["name"] == "The samovar is a samovar");
    CHECK(grades[1]["tests"][1]["stage"] == 2);
    CHECK(grades[1]["tests"][2]["stage"] == 0);
}

TEST_CASE("The watch has the stage in its title, and t shows what is folded") {
    const MiniCourse course;
    const StagedLesson lesson(course);
    tools::Command command = watching(course);
    command.words = course.command({"watch", "01"}).words;
    Terminal terminal(command, 100, 60);
    REQUIRE(terminal.shows("RED  01, The second day, stage 1 of 2: 0 of 1 green, in "));
    CHECK(terminal.shows("Stage 1 of 2, The kettle\n"));
    CHECK(terminal.shows("Stage 2: 1 more red test, which t shows"));
    CHECK_FALSE(has(terminal.screen().text(), "amovar"));
    terminal.type("t");
    REQUIRE(terminal.shows("What is red in 01, The second day"));
    CHECK(in_order(terminal.screen().text(), {"The kettle is a kettle", "The samovar is"}));
    terminal.type("\033");
    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    REQUIRE(terminal.shows("RED  01, The second day, stage 2 of 2: 0 of 1 green, "));
    CHECK(terminal.shows("Alice asked for the Samovar"));
    lesson.write(course.solution());
    CHECK(terminal.shows("GREEN  01, The second day: 3 of 3 green, "));
}
