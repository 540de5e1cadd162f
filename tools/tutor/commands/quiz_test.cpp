// The quiz, with answers from lines and with somebody who types them.
#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/paper_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace {

constexpr const char* questions = R"(
## Why

Because.

## Check yourself

**1. Why does she
wait?**

- a) By chance.
- b) Because of the lock.
- c) She does not.

<details><summary>Answer</summary>

**b.** He holds it until his bank has answered.

- a) It happens each time.
- c) Her reply comes late.

</details>

**2. And he?**

- a) He does not wait.
- b) He waits, too.
- c) Nobody knows.

<details><summary>Answer</summary>

**a.** He came first.

- b) For what?
- c) The timeline does.

</details>
)";

// Of two lessons, the first of which asks two questions.
class CourseThatAsks : public PaperCourse {
 public:
    CourseThatAsks() { write("book/00_first.md", read("book/00_first.md") + questions); }

    // The quiz, to which these lines are given.
    tools::Outcome quiz(const std::string& words, const std::string& lines) const {
        tools::Command command;
        command.words = {"sh", "-c",
                         "printf '" + lines + "' | '" + LEAKLINGS_TUTOR + "' quiz " + words};
        command.folder = root();
        return tools::run(command);
    }

    nlohmann::json first_lesson() const {
        return nlohmann::json::parse(learn({"quiz", "--json"}).output).at(0);
    }

    tools::Command on_terminal() const {
        tools::Command command;
        command.words = {LEAKLINGS_TUTOR, "quiz"};
        command.folder = root();
        command.environment = {{"TERM", "xterm"}, {"LANG", "C.UTF-8"}};
        return command;
    }
};

}  // namespace

TEST_CASE("The quiz says of each answer why it is right or wrong, and at the end what to read") {
    const CourseThatAsks course;
    const tools::Outcome outcome = course.quiz("00", "b\\nc\\n");
    INFO(outcome.output);
    CHECK(outcome.exit_status == 0);
    CHECK(has(outcome.output,
              "00, Name: question 1 of 2\n\nWhy does she wait?\n\n"
              "  a) By chance.\n  b) Because of the lock.\n"));
    CHECK(has(outcome.output,
              "Your answer (a, b or c): b\n\n"
              "Right. He holds it until his bank has answered.\n"));
    CHECK(has(outcome.output, "No. The timeline does.\n\nThe answer is a. He came first.\n"));
    CHECK(has(outcome.output, "00, Name: 1 of 2 right.\n"));
    CHECK(has(outcome.output, "And he? You said c, it is a.\n"));
    CHECK(has(outcome.output, "Read again: book/00_first.md:14, the section Why"));
    CHECK(has(outcome.output, "You have answered every question of the course."));
}

TEST_CASE("The quiz goes on where it was left, whatever ended it") {
    const CourseThatAsks course;
    SECTION("the end of the lines") {
        const tools::Outcome outcome = course.quiz("", "a\\n");
        CHECK(outcome.exit_status == 0);
        CHECK(has(outcome.output, "Left: 1 question in 1 lesson. Go on with ./learn quiz"));
    }
    SECTION("the learner") {
        CHECK(course.quiz("", "what?\\n A) \\nq\\nb\\n").exit_status == 0);
    }
    SECTION("Ctrl-C") {
        Terminal terminal(course.on_terminal());
        REQUIRE(terminal.sees("Your answer (a, b or c): "));
        terminal.type("a\r");
        REQUIRE(terminal.sees("question 2 of 2"));
        REQUIRE(terminal.sees("Your answer"));
        terminal.type("\x03");
        CHECK(terminal.end() == 130);
    }
    SECTION("Ctrl-D") {
        Terminal terminal(course.on_terminal());
        REQUIRE(terminal.sees("Your answer"));
        terminal.type("a\r");
        REQUIRE(terminal.sees("question 2 of 2"));
        REQUIRE(terminal.sees("Your answer"));
        terminal.type("\x04");
        CHECK(terminal.end() == 0);
        CHECK(has(terminal.seen(), "00, Name: 0 of 1 right."));
    }
    const nlohmann::json lesson = course.first_lesson();
    CHECK(lesson["answered"] == 1);
    CHECK(lesson["questions"][0]["answer"] == "a");
    CHECK(lesson["questions"][0]["right"] == false);
    CHECK(lesson["questions"][1]["answer"].is_null());
    const tools::Outcome rest = course.quiz("", "a\\n");
    CHECK_FALSE(has(rest.output, "question 1 of 2"));
    CHECK(has(rest.output, "00, Name: 1 of 2 right."));
}

TEST_CASE("Answered questions are asked again only when that is wanted, or when they are others") {
    const CourseThatAsks course;
    REQUIRE(course.quiz("00", "b\\na\\n").exit_status == 0);
    CHECK(has(course.learn({"quiz", "00"}).output, "00, Name: 2 of 2 right."));
    CHECK(has(course.learn({"quiz"}).output, "00, Name: 2 of 2 right."));
    CHECK(course.learn({"quiz", "--again"}).exit_status == 2);
    CHECK(has(course.quiz("00 --again", "a\\na\\n").output, "00, Name: 1 of 2 right."));

    course.write("book/00_first.md",
                 tools::replaced(course.read("book/00_first.md"), "He does not", "He cannot"));
    CHECK(course.first_lesson()["answered"] == 1);
    CHECK(has(course.quiz("", "a\\n").output, "00, Name: question 2 of 2"));
}

TEST_CASE("Without a terminal and without answers the quiz says how it is used") {
    const CourseThatAsks course;
    const tools::Outcome outcome = course.learn({"quiz", "00"});
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "the answers are read from standard input, a letter a line"));
    CHECK(course.first_lesson()["answered"] == 0);
    const tools::Outcome none = course.learn({"quiz", "01"});
    CHECK(none.exit_status == 2);
    CHECK(has(none.output, "book/01_second.md has no questions for lesson 01."));
}

TEST_CASE("A lesson that is still to come is not asked about, but when it is named") {
    const CourseThatAsks course;
    course.write("book/01_second.md", "# 01 · Name\n" + std::string(questions));
    REQUIRE(course.quiz("", "b\\na\\n").exit_status == 0);
    const tools::Outcome next = course.learn({"quiz"});
    CHECK(next.exit_status == 0);
    CHECK(has(next.output, "Left: 2 questions in 1 lesson that you have not done"));
    CHECK(has(course.quiz("01", "b\\n").output, "01, Name: question 1 of 2"));
}

TEST_CASE("On a narrow terminal the quiz stays within it, and NO_COLOR is heeded") {
    const CourseThatAsks course;
    tools::Command command = course.on_terminal();
    Terminal coloured(command, 34);
    REQUIRE(coloured.sees("Your answer"));
    CHECK(has(coloured.seen(), "\033[1m00, Name: question 1 of 2"));
    coloured.type("b\r");
    REQUIRE(coloured.sees("\033[32mRight.\033[0m He holds it until his"));
    coloured.type("\x03");
    CHECK(coloured.end() == 130);
    CHECK(has(coloured.seen(), "He holds it until his bank\nhas answered."));

    command.environment.emplace_back("NO_COLOR", "1");
    Terminal plain(command);
    REQUIRE(plain.sees("Your answer"));
    plain.type("\x04");
    CHECK(plain.end() == 0);
    CHECK_FALSE(has(plain.seen(), "\033[1m"));
}
