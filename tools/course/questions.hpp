// The questions that a chapter ends with, in its section "Check yourself":
//
//   **1. Why does the second customer wait here?**
//
//   - a) Because …
//   - b) …
//
//   <details><summary>Answer</summary>
//
//   **b.** What is right about it.
//
//   - a) Why that is wrong.
//
//   </details>
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

struct Choice {
    char letter = 'a';
    std::string text;
    std::string refutation;  // why it is wrong; empty for the right one
};

// Texts are Markdown, each in one line.
struct Question {
    std::size_t line = 0;  // of the chapter, from 1
    std::string text;
    std::vector<Choice> choices;  // lettered from a on
    char right = 'a';
    std::string explanation;
};

// Where a question is not written like that.
struct QuestionFault {
    std::size_t line = 0;
    std::string expected;
    std::string found;
};

struct ChapterQuestions {
    std::vector<Question> questions;  // without those that have a fault
    std::vector<QuestionFault> faults;
};

// Both are empty when the section has no line that begins like a question.
ChapterQuestions questions_in(std::string_view chapter);

}  // namespace tools
