// The questions that a chapter ends with, and what the learner has answered so far.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "course/questions.hpp"
#include "tutor/context.hpp"

namespace tutor {

struct QuizQuestion {
    tools::Question question;
    std::optional<char> answer;  // the letter that was chosen; nothing: not answered yet

    bool is_right() const { return answer == question.right; }
};

using Quiz = std::vector<QuizQuestion>;

// Empty when the chapter is not there or asks nothing. An answer to a question that the chapter
// words otherwise by now does not count.
Quiz quiz_of(Context& context, const tools::Lesson& lesson);

std::size_t unanswered(const Quiz& quiz);
std::size_t right(const Quiz& quiz);

// Answers it, and keeps that in the learner's progress at once.
void answer(Context& context, const tools::Lesson& lesson, QuizQuestion& question, char letter);

// The first lesson that has questions left, of those that are done and the current one; null when
// there is none.
const tools::Lesson* lesson_to_ask(Context& context);

}  // namespace tutor
