// The questions that a chapter ends with.
#include "course/questions.hpp"

#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"

namespace {

const std::string chapter_with_two = R"(# 01 · A

**1. Not this one?**

## Check yourself

Words before.

**1. Why does the second
customer `wait` here?**

- a) Because of the lock,
  which is held.
- b) By chance.
- c) He does not.

<details><summary>Answer</summary>

**b.** Nobody
knows.

- a) There is none.
- c) He does.

</details>

**2. And the third?**

- a) One.
- b) Two.
- c) Three.
- d) Four.

<details><summary>Answer</summary>

**d.** Yes.

- a) No.
- b) No.
- c) No.

</details>

Next: [02](02.md).

## After

**3. Nor this one?**
)";

// What is found fault with first when `what` stands there instead.
std::string fault_with(const std::string& what, const std::string& with) {
    const auto read = tools::questions_in(tools::replaced(chapter_with_two, what, with));
    return read.faults.empty() ? "" : read.faults.front().expected;
}

}  // namespace

TEST_CASE("A chapter's questions are read, with their choices and why each is wrong") {
    const tools::ChapterQuestions read = tools::questions_in(chapter_with_two);
    CHECK(read.faults.empty());
    REQUIRE(read.questions.size() == 2);
    const tools::Question& first = read.questions[0];
    CHECK(first.line == 9);
    CHECK(first.text == "Why does the second customer `wait` here?");
    REQUIRE(first.choices.size() == 3);
    CHECK(first.choices[0].text == "Because of the lock, which is held.");
    CHECK(first.choices[0].refutation == "There is none.");
    CHECK(first.choices[1].refutation.empty());
    CHECK(first.choices[2].letter == 'c');
    CHECK(first.right == 'b');
    CHECK(first.explanation == "Nobody knows.");
    CHECK(read.questions[1].right == 'd');
}

TEST_CASE("Questions of another kind are none, and no fault") {
    const auto read = tools::questions_in("## Check yourself\n\n- Why?\n- **How** so?\n");
    CHECK(read.questions.empty());
    CHECK(read.faults.empty());
    CHECK(tools::questions_in("# Nothing\n").questions.empty());
}

TEST_CASE("What a question lacks is said, and the next is read nevertheless") {
    CHECK(fault_with("**2. And", "**3. And") == "**2. …?**");
    CHECK(fault_with("third?**", "third?") == "**2. …?**");
    CHECK(fault_with("- c) He does not.\n", "") == "three or four choices above this line: - a) …");
    CHECK(fault_with("- b) By", "- B. By") == "- a) and a text, or another letter");
    CHECK(fault_with("- b) By", "- c) By") == "letters in the order of the alphabet");
    CHECK(fault_with("<summary>Answer", "<summary>The answer") ==
          "<details><summary>Answer</summary>");
    CHECK(fault_with("**b.** Nobody", "B: nobody") == "**b.** and why it is right");
    CHECK(fault_with("**b.** Nobody", "**d.** Nobody") == "the letter of one of the choices");
    CHECK(fault_with("- a) There is none.\n", "") == "why each of the wrong ones is wrong: ac");
    CHECK(fault_with("- c) He does.\n\n</details>", "- c) He does.") == "</details>");
    const auto read =
        tools::questions_in(tools::replaced(chapter_with_two, "**b.** Nobody", "Nobody"));
    REQUIRE(read.faults.size() == 1);
    CHECK(read.faults.front().line == 19);
    CHECK(read.questions.size() == 1);
}
