// Which of the known wrong answers a learner's failing one is like, tried with the course's own.
#include "tutor/known_mistakes.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "course/answer.hpp"
#include "course/failures.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;
using tools::Answer;

namespace {

const fs::path root = LEAKLINGS_SOURCE;

tools::Lesson lesson(const std::string& stem) {
    tools::Lesson lesson;
    lesson.stem = stem;
    return lesson;
}

tools::FailedTest failed_test(const std::string& test, const std::string& said,
                              tools::Verdict verdict = tools::Verdict::failed) {
    return {test, verdict, said};
}

std::string name_of_the_one_like(const std::vector<tools::KnownFailure>& known,
                                 const tools::FailedTests& red) {
    const tools::KnownFailure* one = tools::the_one_like(known, red);
    return one == nullptr ? "" : one->answer;
}

tools::TestResult failed(const std::string& test, const std::string& message) {
    tools::TestResult result;
    result.test.name = test;
    result.verdict = tools::Verdict::failed;
    result.failures.emplace_back().messages = {message};
    return result;
}

}  // namespace

TEST_CASE("Every wrong answer of the course says what it overlooks, and is rejected by somebody") {
    for (const auto& entry : fs::directory_iterator(root / "tests" / "answers")) {
        const std::string stem = entry.path().filename().string();
        for (const Answer& answer : tools::answers_of(root, stem)) {
            if (!answer.is_wrong()) continue;
            INFO(answer.path);
            CHECK_FALSE(answer.rejected_by.empty());
            CHECK(answer.overlooks.size() > 20);
        }
    }
}

TEST_CASE("A failure like one known answer's is told that one, and half a likeness none") {
    const std::vector<tools::KnownFailure> known = {
        {"wrong_a", {failed_test("1", "x"), failed_test("2", "y"), failed_test("3", "z")}},
        {"wrong_b", {failed_test("1", "x"), failed_test("2", "y")}}};
    CHECK(name_of_the_one_like(known, {failed_test("1", "x"), failed_test("2", "y"),
                                       failed_test("3", "z")}) == "wrong_a");
    CHECK(name_of_the_one_like(known, {failed_test("1", "x"), failed_test("2", "y")}) == "wrong_b");
    CHECK(name_of_the_one_like(known, {failed_test("1", "x"), failed_test("2", "z")}).empty());
    CHECK(name_of_the_one_like(known, {failed_test("1", "x"), failed_test("3", "z")}).empty());
    CHECK(name_of_the_one_like(known, {}).empty());
}

TEST_CASE("Of four messages one may be another") {
    const std::vector<tools::KnownFailure> known = {
        {"wrong_a",
         {failed_test("1", "a"), failed_test("2", "b"), failed_test("3", "c"),
          failed_test("4", "d")}}};
    CHECK(name_of_the_one_like(known, {failed_test("1", "a"), failed_test("2", "b"),
                                       failed_test("3", "c"), failed_test("4", "x")}) == "wrong_a");
    CHECK(name_of_the_one_like(known, {failed_test("1", "a"), failed_test("2", "b"),
                                       failed_test("3", "x"), failed_test("4", "x")})
              .empty());
}

TEST_CASE("What several answers have in common names none of them") {
    const tools::FailedTests red = {failed_test("1", "x"), failed_test("2", "y")};
    CHECK(name_of_the_one_like({{"wrong_a", red}, {"wrong_b", red}}, red).empty());
}

TEST_CASE("One red test alone names nobody: many faults turn it red") {
    CHECK(name_of_the_one_like({{"wrong_a", {failed_test("1", "x")}}}, {failed_test("1", "x")})
              .empty());
}

TEST_CASE("A failure like the starter's overlooks nothing yet") {
    const tools::FailedTests red = {failed_test("1", "x"), failed_test("2", "y")};
    CHECK(name_of_the_one_like({{"starter", red}}, red).empty());
    CHECK(name_of_the_one_like({{"starter", red}, {"wrong_a", red}}, red).empty());
}

TEST_CASE("Crashes and hangs may come from anything") {
    const tools::FailedTests red = {failed_test("1", "x", tools::Verdict::crashed),
                                    failed_test("2", "y", tools::Verdict::hung),
                                    failed_test("3", "z")};
    CHECK(name_of_the_one_like({{"wrong_a", red}}, red).empty());
    const tools::FailedTests half = {failed_test("1", "x", tools::Verdict::crashed),
                                     failed_test("3", "z")};
    CHECK(name_of_the_one_like({{"wrong_a", half}}, half) == "wrong_a");
}

TEST_CASE("A message is the same with other numbers, and another with other words") {
    CHECK(tools::failed_tests_of({failed("1", "3 connections are open")}) ==
          tools::failed_tests_of({failed("1", "12 connections are open")}));
    CHECK(tools::failed_tests_of({failed("1", "3 connections are open")}) !=
          tools::failed_tests_of({failed("1", "3 orders are open")}));
    tools::TestResult green;
    green.verdict = tools::Verdict::passed;
    CHECK(tools::failed_tests_of({green}).empty());
}

TEST_CASE("How answers fail is read as it was written") {
    const std::vector<tools::KnownFailure> known = {
        {"starter", {failed_test("A sentence, with 2 numbers", "0badcafe")}},
        {"wrong_a", {}},
        {"wrong_b", {failed_test("X", "12345678", tools::Verdict::hung)}}};
    const auto read = tools::read_failures("# a comment\n" + tools::written(known));
    REQUIRE(read.size() == 3);
    CHECK(read[0].failed == known[0].failed);
    CHECK(read[1].answer == "wrong_a");
    CHECK(read[2].failed == known[2].failed);
    CHECK_THROWS_AS(tools::read_failures("wrong_a\n  red\n"), std::runtime_error);
}

TEST_CASE("An answer that forgot the throws is told of the throws") {
    const auto known = tools::read_failures(tools::read_file(root / "tests/failing/02_leak.txt"));
    const auto throws = std::find_if(known.begin(), known.end(), [](const auto& each) {
        return each.answer == "wrong_delete_before_each_return";
    });
    REQUIRE(throws != known.end());
    CHECK(tutor::known_mistake_like(root, lesson("02_leak"), throws->failed).find("throw") !=
          std::string::npos);
    CHECK(tutor::known_mistake_like(root, lesson("02_leak"), known.front().failed).empty());
    CHECK(tutor::known_mistake_like(root, lesson("no_such_lesson"), throws->failed).empty());
}
