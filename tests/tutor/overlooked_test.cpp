// Which of the known wrong answers a learner's failing one is like, tried with the course's own.
#include "overlooked.hpp"

#include <algorithm>

#include "support/catch.hpp"
#include "text.hpp"

namespace fs = std::filesystem;
using tutor::Failing;
using tutor::most_like;
using tutor::WrongAnswer;

namespace {

const fs::path root = LEAKLINGS_SOURCE;

tools::Lesson lesson(const std::string& stem) {
    tools::Lesson lesson;
    lesson.stem = stem;
    return lesson;
}

std::string code_of(const std::string& folder) {
    return tools::read_file(root / folder / "shop.cpp");
}

const std::vector<std::string> pitfalls_of_the_leak = {
    "A customer who is told 404 leaves no session behind",
    "A customer who cannot buy leaves no session behind",
    "A customer who writes nonsense leaves no session behind",
    "A customer whose order breaks off leaves no session behind"};

std::string name_of_best(const Failing& failing) {
    const std::vector<WrongAnswer> answers = tutor::wrong_answers(root, lesson("02_leak"));
    const WrongAnswer* best = most_like(answers, failing);
    return best == nullptr ? "" : best->name;
}

}  // namespace

TEST_CASE("Every wrong answer of the course says what it overlooks, and is rejected by somebody") {
    for (const auto& entry : fs::directory_iterator(root / "tests" / "answers")) {
        const std::string stem = entry.path().filename().string();
        const auto answers = tutor::wrong_answers(root, lesson(stem));
        const auto folders = std::count_if(
            fs::directory_iterator(entry.path()), fs::directory_iterator(),
            [](const auto& each) { return each.path().filename().string().starts_with("wrong_"); });
        INFO(stem);
        CHECK(static_cast<std::ptrdiff_t>(answers.size()) == folders);
        for (const WrongAnswer& answer : answers) {
            INFO(answer.name);
            CHECK_FALSE(answer.rejected_by.empty());
            CHECK(answer.overlooks.size() > 20);
        }
    }
}

TEST_CASE("What an answer overlooks ends where its file's own comment begins") {
    const auto answers = tutor::wrong_answers(root, lesson("00_warm_up"));
    const auto constant = std::find_if(answers.begin(), answers.end(), [](const auto& answer) {
        return answer.name == "wrong_another_constant";
    });
    REQUIRE(constant != answers.end());
    CHECK(constant->overlooks ==
          "Another constant shows another wrong item. The statement needs the number that the "
          "customer asked for.");
}

TEST_CASE("Who forgot the throws is told of the throws") {
    // A delete before each return, as somebody else would write it.
    Failing failing;
    failing.red = {pitfalls_of_the_leak[2], pitfalls_of_the_leak[3]};
    failing.starter = code_of("lessons/02_leak");
    failing.code = tools::replaced(failing.starter, "return http::reply_error",
                                   "delete session;\nreturn http::reply_error");
    CHECK(name_of_best(failing) == "wrong_delete_before_each_return");
}

TEST_CASE("An answer whose own tests are green is not held against the learner") {
    Failing failing;
    failing.red = {pitfalls_of_the_leak[0]};
    failing.code = code_of("tests/answers/02_leak/wrong_delete_before_each_return");
    CHECK(name_of_best(failing).empty());
}

TEST_CASE("Who has hardly begun overlooks nothing yet") {
    Failing failing;
    failing.red = pitfalls_of_the_leak;
    failing.as_at_the_start = true;
    failing.starter = code_of("lessons/02_leak");
    failing.code = failing.starter + "\nint a_line_of_mine = 1;\n";
    CHECK(name_of_best(failing).empty());
    failing.starter.clear();  // nor when nobody knows how it began
    CHECK(name_of_best(failing).empty());
}

TEST_CASE("An answer of its own that leaves all red is told what it overlooks") {
    Failing failing;
    failing.red = pitfalls_of_the_leak;
    failing.red.emplace_back("A customer who is served leaves no session behind");
    failing.as_at_the_start = true;
    failing.starter = code_of("lessons/02_leak");
    failing.code = code_of("tests/answers/02_leak/wrong_reaper_thread") + "\nint mine = 1;\n";
    CHECK(name_of_best(failing) == "wrong_reaper_thread");
}
