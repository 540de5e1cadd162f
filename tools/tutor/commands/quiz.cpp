// quiz: asks what a chapter ends with, one question at a time.
#include "tutor/quiz.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstddef>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "text/text.hpp"
#include "text/wrap.hpp"
#include "tutor/chapter.hpp"
#include "tutor/commands/commands.hpp"

namespace tutor {
namespace {

constexpr std::string_view how_without_terminal =
    "Without a terminal the answers are read from standard input, a letter a line:\n"
    "  printf 'b\\na\\n' | ./learn quiz 01\n"
    "The answers so far, for a program: ./learn quiz --json";

std::string plural(std::size_t count, std::string_view one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// a, b or c
std::string letters_of(const tools::Question& question) {
    std::string letters;
    for (const tools::Choice& choice : question.choices) {
        if (!letters.empty())
            letters += choice.letter == question.choices.back().letter ? " or " : ", ";
        letters += choice.letter;
    }
    return letters;
}

// "b", "B" or "b)"; nothing when it is none of the choices.
std::optional<char> choice_in(std::string_view word, const tools::Question& question) {
    if (word.size() == 2 && (word[1] == ')' || word[1] == '.')) word = word.substr(0, 1);
    if (word.size() != 1) return std::nullopt;
    const char letter = static_cast<char>(std::tolower(static_cast<unsigned char>(word[0])));
    for (const tools::Choice& choice : question.choices) {
        if (choice.letter == letter) return letter;
    }
    return std::nullopt;
}

// Nothing when the learner leaves, or there is no more to be read.
std::optional<char> read_choice(const Screen& screen, const tools::Question& question) {
    for (;;) {
        screen.text(fmt::format("Your answer ({}): ", letters_of(question)));
        std::string line;
        if (!std::getline(std::cin, line)) {
            screen.line();
            return std::nullopt;
        }
        if (::isatty(STDIN_FILENO) == 0) screen.line(tools::printable(line));
        const std::string_view word = tools::trimmed(line);
        if (word == "q") return std::nullopt;
        if (const std::optional<char> letter = choice_in(word, question)) return letter;
        screen.line(
            fmt::format("{}, please; q leaves the rest for another time.", letters_of(question)));
    }
}

void show_choice(const Screen& screen, const tools::Choice& choice) {
    tools::WrapOptions options;
    options.columns = text_width();
    options.utf8 = screen.has_utf8();
    options.whole_words = true;
    options.indent = 2;
    options.hanging = 5;
    screen.text(tools::wrapped(fmt::format("{}) {}", choice.letter, choice.text), options));
}

void show_question(const Screen& screen, const tools::Lesson& lesson, std::size_t number,
                   std::size_t count, const tools::Question& question) {
    screen.line(
        screen.strong(fmt::format("{}: question {} of {}", name_of(lesson), number, count)));
    screen.line();
    screen.text(wrapped(question.text));
    screen.line();
    for (const tools::Choice& choice : question.choices) show_choice(screen, choice);
    screen.line();
}

void show_verdict(const Screen& screen, const QuizQuestion& asked) {
    const tools::Question& question = asked.question;
    screen.line();
    if (asked.is_right()) {
        screen.text(wrapped(screen.good("Right.") + " " + question.explanation));
    } else {
        for (const tools::Choice& choice : question.choices) {
            if (choice.letter == asked.answer)
                screen.text(wrapped(screen.bad("No.") + " " + choice.refutation));
        }
        screen.line();
        screen.text(
            wrapped(fmt::format("The answer is {}. {}", question.right, question.explanation)));
    }
    screen.line();
}

// What was right, and where to read again what was not.
void show_result(Context& context, const tools::Lesson& lesson, const Quiz& quiz) {
    const Screen& screen = context.screen;
    const std::size_t answered = quiz.size() - unanswered(quiz);
    screen.line(
        screen.strong(fmt::format("{}: {} of {} right.", name_of(lesson), right(quiz), answered)));
    const std::string chapter = chapter_of(context, lesson);
    for (const QuizQuestion& each : quiz) {
        if (!each.answer || each.is_right()) continue;
        screen.text(
            wrapped(fmt::format("{}:{}: {} You said {}, it is {}.", chapter, each.question.line,
                                each.question.text, *each.answer, each.question.right),
                    2));
    }
    if (right(quiz) < answered) {
        screen.line(fmt::format("Read again: {}:{}, the section Why; then ./learn quiz {} --again",
                                chapter, read_chapter(lesson.chapter).why, lesson.number));
    }
}

// Of the whole course.
void show_what_is_left(Context& context) {
    std::size_t left = 0;
    std::size_t lessons = 0;
    for (const tools::Lesson& lesson : context.lessons) {
        const std::size_t of_this = unanswered(quiz_of(context, lesson));
        left += of_this;
        if (of_this > 0) ++lessons;
    }
    const Screen& screen = context.screen;
    if (left == 0) {
        screen.line("You have answered every question of the course.");
    } else if (lesson_to_ask(context) != nullptr) {
        screen.line(fmt::format("Left: {} in {}. Go on with ./learn quiz", plural(left, "question"),
                                plural(lessons, "lesson")));
    } else {
        screen.text(wrapped(
            fmt::format("Left: {} in {} that you have not done; ./learn quiz NN asks them now.",
                        plural(left, "question"), plural(lessons, "lesson"))));
    }
}

Status ask(Context& context, const tools::Lesson& lesson, bool again) {
    if (again) context.progress.forget_quiz_answers(lesson.stem);
    Quiz quiz = quiz_of(context, lesson);
    if (quiz.empty()) {
        throw WrongUse(fmt::format("{} has no questions for lesson {}.",
                                   chapter_of(context, lesson), lesson.number));
    }
    bool was_asked = unanswered(quiz) == 0;
    for (std::size_t i = 0; i < quiz.size(); ++i) {
        if (quiz[i].answer) continue;
        show_question(context.screen, lesson, i + 1, quiz.size(), quiz[i].question);
        const std::optional<char> letter = read_choice(context.screen, quiz[i].question);
        if (!letter) break;
        answer(context, lesson, quiz[i], *letter);
        show_verdict(context.screen, quiz[i]);
        was_asked = true;
    }
    if (!was_asked && ::isatty(STDIN_FILENO) == 0)
        throw WrongUse(std::string(how_without_terminal));
    show_result(context, lesson, quiz);
    show_what_is_left(context);
    return all_well;
}

Status ask_what_is_due(Context& context, bool again) {
    if (const tools::Lesson* lesson = lesson_to_ask(context)) return ask(context, *lesson, again);
    if (again) throw WrongUse("Say which lesson's questions you mean: ./learn quiz NN --again");
    for (const tools::Lesson& lesson : context.lessons) {
        const Quiz quiz = quiz_of(context, lesson);
        if (unanswered(quiz) < quiz.size()) show_result(context, lesson, quiz);
    }
    show_what_is_left(context);
    return all_well;
}

nlohmann::ordered_json to_json(Context& context, const tools::Lesson& lesson) {
    const Quiz quiz = quiz_of(context, lesson);
    nlohmann::ordered_json questions = nlohmann::ordered_json::array();
    for (const QuizQuestion& each : quiz) {
        nlohmann::ordered_json question = {{"line", each.question.line},
                                           {"question", each.question.text},
                                           {"answer", nullptr},
                                           {"right", nullptr}};
        if (each.answer) {
            question["answer"] = std::string(1, *each.answer);
            question["right"] = each.is_right();
        }
        questions.push_back(std::move(question));
    }
    return {{"number", lesson.number},
            {"stem", lesson.stem},
            {"chapter", chapter_of(context, lesson)},
            {"answered", quiz.size() - unanswered(quiz)},
            {"right", right(quiz)},
            {"questions", std::move(questions)}};
}

Status show_json(Context& context, const std::string& wanted) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const tools::Lesson& lesson : context.lessons) {
        if (wanted.empty() || &lesson == &find_lesson(context, wanted))
            all.push_back(to_json(context, lesson));
    }
    context.screen.line(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    return all_well;
}

}  // namespace

void add_quiz(CLI::App& app, Request& request) {
    struct Options {
        std::string lesson;
        bool again = false;
        bool json = false;
    };
    CLI::App* verb = app.add_subcommand("quiz", "The questions that a chapter ends with");
    const auto options = std::make_shared<Options>();
    verb->add_option("lesson", options->lesson,
                     "NN, or its name; without it the first lesson that has questions left");
    verb->add_flag("--again", options->again, "Ask all its questions again");
    verb->add_flag("--json", options->json, "Ask nothing, but print the answers so far as JSON");
    request_action(*verb, request, [options](Context& context) -> int {
        if (options->json) return show_json(context, options->lesson);
        if (options->lesson.empty()) return ask_what_is_due(context, options->again);
        return ask(context, find_lesson(context, options->lesson), options->again);
    });
}

}  // namespace tutor
