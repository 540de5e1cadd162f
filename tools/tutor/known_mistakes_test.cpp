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

tools::Red red_of(const std::string& test, const std::string& said,
                  tools::Verdict verdict = tools::Verdict::failed) {
    return {test, verdict, said};
}

std::string name_of_the_one_like(const std::vector<tools::KnownFailure>& known,
                                 const tools::Reds& reds) {
    const tools::KnownFailure* one = tools::the_one_like(known, reds);
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
        {"wrong_a", {red_of("1", "x"), red_of("2", "y"), red_of("3", "z")}},
        {"wrong_b", {red_of("1", "x"), red_of("2", "y")}}};
    CHECK(name_of_the_one_like(known, {red_of("1", "x"), red_of("2", "y"), red_of("3", "z")}) ==
          "wrong_a");
    CHECK(name_of_the_one_like(known, {red_of("1", "x"), red_of("2", "y")}) == "wrong_b");
    CHECK(name_of_the_one_like(known, {red_of("1", "x"), red_of("2", "z")}).empty());
    CHECK(name_of_the_one_like(known, {red_of("1", "x"), red_of("3", "z")}).empty());
    CHECK(name_of_the_one_like(known, {}).empty());
}

TEST_CASE("Of four messages one may be another") {
    const std::vector<tools::KnownFailure> known = {
        {"wrong_a", {red_of("1", "a"), red_of("2", "b"), red_of("3", "c"), red_of("4", "d")}}};
    CHECK(name_of_the_one_like(known, {red_of("1", "a"), red_of("2", "b"), red_of("3", "c"),
                                       red_of("4", "x")}) == "wrong_a");
    CHECK(name_of_the_one_like(
              known, {red_of("1", "a"), red_of("2", "b"), red_of("3", "x"), red_of("4", "x")})
              .empty());
}

TEST_CASE("What several answers have in common names none of them") {
    const tools::Reds reds = {red_of("1", "x"), red_of("2", "y")};
    CHECK(name_of_the_one_like({{"wrong_a", reds}, {"wrong_b", reds}}, reds).empty());
}

TEST_CASE("One red test alone names nobody: many faults turn it red") {
    CHECK(name_of_the_one_like({{"wrong_a", {red_of("1", "x")}}}, {red_of("1", "x")}).empty());
}

TEST_CASE("A failure like the starter's overlooks nothing yet") {
    const tools::Reds reds = {red_of("1", "x"), red_of("2", "y")};
    CHECK(name_of_the_one_like({{"starter", reds}}, reds).empty());
    CHECK(name_of_the_one_like({{"starter", reds}, {"wrong_a", reds}}, reds).empty());
}

TEST_CASE("Crashes and hangs may come from anything") {
    const tools::Reds reds = {red_of("1", "x", tools::Verdict::crashed),
                              red_of("2", "y", tools::Verdict::hung), red_of("3", "z")};
    CHECK(name_of_the_one_like({{"wrong_a", reds}}, reds).empty());
    const tools::Reds half = {red_of("1", "x", tools::Verdict::crashed), red_of("3", "z")};
    CHECK(name_of_the_one_like({{"wrong_a", half}}, half) == "wrong_a");
}

TEST_CASE("A message is the same with other numbers, and another with other words") {
    CHECK(tools::reds_of({failed("1", "3 connections are open")}) ==
          tools::reds_of({failed("1", "12 connections are open")}));
    CHECK(tools::reds_of({failed("1", "3 connections are open")}) !=
          tools::reds_of({failed("1", "3 orders are open")}));
    tools::TestResult green;
    green.verdict = tools::Verdict::passed;
    CHECK(tools::reds_of({green}).empty());
}

TEST_CASE("How answers fail is read as it was written") {
    const std::vector<tools::KnownFailure> known = {
        {"starter", {red_of("A sentence, with 2 numbers", "0badcafe")}},
        {"wrong_a", {}},
        {"wrong_b", {red_of("X", "12345678", tools::Verdict::hung)}}};
    const auto read = tools::read_failures("# a comment\n" + tools::written(known));
    REQUIRE(read.size() == 3);
    CHECK(read[0].reds == known[0].reds);
    CHECK(read[1].answer == "wrong_a");
    CHECK(read[2].reds == known[2].reds);
    CHECK_THROWS_AS(tools::read_failures("wrong_a\n  failed\n"), std::runtime_error);
}

TEST_CASE("An answer that forgot the throws is told of the throws") {
    const auto known = tools::read_failures(tools::read_file(root / "tests/failing/02_leak.txt"));
    const auto throws = std::find_if(known.begin(), known.end(), [](const auto& each) {
        return each.answer == "wrong_delete_before_each_return";
    });
    REQUIRE(throws != known.end());
    CHECK(tutor::known_mistake_like(root, lesson("02_leak"), throws->reds).find("throw") !=
          std::string::npos);
    CHECK(tutor::known_mistake_like(root, lesson("02_leak"), known.front().reds).empty());
    CHECK(tutor::known_mistake_like(root, lesson("no_such_lesson"), throws->reds).empty());
}
