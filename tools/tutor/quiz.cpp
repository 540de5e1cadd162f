#include "tutor/quiz.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "text/text.hpp"

namespace tutor {

Quiz quiz_of(Context& context, const tools::Lesson& lesson) {
    if (!std::filesystem::exists(lesson.chapter)) return {};
    Quiz quiz;
    for (tools::Question& question :
         tools::questions_in(tools::read_file(lesson.chapter)).questions)
        quiz.push_back({std::move(question), std::nullopt});
    for (const QuizAnswer& given : context.progress.quiz_answers(lesson.stem)) {
        for (QuizQuestion& each : quiz) {
            if (each.question.text != given.question) continue;
            for (const tools::Choice& choice : each.question.choices) {
                if (choice.text == given.choice) each.answer = choice.letter;
            }
        }
    }
    return quiz;
}

std::size_t unanswered(const Quiz& quiz) {
    return static_cast<std::size_t>(std::count_if(
        quiz.begin(), quiz.end(), [](const QuizQuestion& each) { return !each.answer; }));
}

std::size_t right(const Quiz& quiz) {
    return static_cast<std::size_t>(std::count_if(
        quiz.begin(), quiz.end(), [](const QuizQuestion& each) { return each.is_right(); }));
}

void answer(Context& context, const tools::Lesson& lesson, QuizQuestion& question, char letter) {
    for (const tools::Choice& choice : question.question.choices) {
        if (choice.letter == letter)
            context.progress.add_quiz_answer(lesson.stem, {question.question.text, choice.text});
    }
    question.answer = letter;
}

const tools::Lesson* lesson_to_ask(Context& context) {
    const tools::Lesson* current = current_lesson(context);
    for (const tools::Lesson& lesson : context.lessons) {
        const bool is_due = &lesson == current || context.progress.is_done(lesson.stem);
        if (is_due && unanswered(quiz_of(context, lesson)) > 0) return &lesson;
    }
    return nullptr;
}

}  // namespace tutor
