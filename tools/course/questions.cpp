#include "course/questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "text/markdown.hpp"
#include "text/text.hpp"

namespace tools {
namespace {

constexpr std::string_view opens_answer = "<details><summary>Answer</summary>";
constexpr std::string_view closes_answer = "</details>";

bool is_digit(char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool begins_question(std::string_view line) {
    return line.size() > 2 && line.starts_with("**") && is_digit(line[2]);
}

// "- a) " or "- "
bool begins_item(std::string_view line) {
    return line.starts_with("- ");
}

struct Lettered {
    char letter = 'a';
    std::string text;
    std::size_t line = 0;
};

class QuestionReader {
 public:
    QuestionReader(std::string_view chapter, LineSpan section)
        : lines_(lines_of(chapter)), at_(section.begin), end_(section.end) {}

    ChapterQuestions read() {
        while (at_ < end_) {
            if (begins_question(line())) {
                try {
                    result_.questions.push_back(read_question());
                } catch (const QuestionFault& fault) {
                    result_.faults.push_back(fault);
                }
            } else {
                ++at_;
            }
        }
        return std::move(result_);
    }

 private:
    // Of the section; behind its end there are only empty ones.
    std::string_view line() const { return at_ < end_ ? lines_[at_ - 1] : std::string_view(); }

    [[noreturn]] void fail(const std::string& expected) const {
        throw QuestionFault{std::min(at_, end_ - 1), expected,
                            at_ < end_ ? std::string(line()) : "the end of the section"};
    }

    void skip_empty() {
        while (at_ < end_ && trimmed(line()).empty()) ++at_;
    }

    // This line and those that go on with it.
    std::string take_paragraph() {
        std::string text;
        do {
            text.append(line()).append(" ");
            ++at_;
        } while (!trimmed(line()).empty() && !begins_item(line()) &&
                 !line().starts_with(closes_answer));
        return in_one_line(text);
    }

    Question read_question() {
        Question question;
        question.line = at_;
        question.text = read_text();
        skip_empty();
        for (Lettered& item : read_lettered())
            question.choices.push_back({item.letter, std::move(item.text), {}});
        if (question.choices.size() < 3 || question.choices.size() > 4)
            fail("three or four choices above this line: - a) …");
        if (line() != opens_answer) fail(std::string(opens_answer));
        ++at_;
        read_answer(question);
        if (line() != closes_answer) fail(std::string(closes_answer));
        ++at_;
        return question;
    }

    // **1. Why?**
    std::string read_text() {
        const std::string form = fmt::format("**{}. …?**", ++count_);
        const std::string front = fmt::format("**{}. ", count_);
        const std::size_t begin = at_;
        const std::string text = take_paragraph();
        const std::size_t end = text.find("**", front.size());
        if (!text.starts_with(front) || end == front.size() || end + 2 != text.size())
            throw QuestionFault{begin, form, text};
        return text.substr(front.size(), end - front.size());
    }

    // - a) One.
    // - b) Another.
    std::vector<Lettered> read_lettered() {
        std::vector<Lettered> items;
        while (begins_item(line())) {
            const std::size_t begin = at_;
            const std::string text = take_paragraph();
            if (text.size() < 6 || text.substr(3, 2) != ") ")
                throw QuestionFault{begin, "- a) and a text, or another letter", text};
            items.push_back({text[2], text.substr(5), begin});
            skip_empty();
        }
        for (std::size_t i = 1; i < items.size(); ++i) {
            if (items[i].letter <= items[i - 1].letter)
                throw QuestionFault{
                    items[i].line, "letters in the order of the alphabet",
                    fmt::format("{}) behind {})", items[i].letter, items[i - 1].letter)};
        }
        return items;
    }

    // **b.** Why, then a word on each of the others.
    void read_answer(Question& question) {
        skip_empty();
        const std::size_t begin = at_;
        const std::string text = take_paragraph();
        const bool has_letter = text.size() > 7 && text.starts_with("**") &&
                                std::string_view(text).substr(3, 4) == ".** ";
        if (!has_letter) throw QuestionFault{begin, "**b.** and why it is right", text};
        question.right = text[2];
        question.explanation = text.substr(7);
        skip_empty();
        const std::size_t first = at_;
        const std::vector<Lettered> refutations = read_lettered();
        for (std::size_t i = 0; i < question.choices.size(); ++i) {
            if (question.choices[i].letter != static_cast<char>('a' + i))
                throw QuestionFault{question.line, "choices that are lettered from a on",
                                    std::string(1, question.choices[i].letter)};
        }
        std::string wrong;
        for (Choice& choice : question.choices) {
            if (choice.letter == question.right) continue;
            wrong += choice.letter;
            for (const Lettered& item : refutations) {
                if (item.letter == choice.letter) choice.refutation = item.text;
            }
        }
        if (wrong.size() == question.choices.size())
            throw QuestionFault{begin, "the letter of one of the choices", text};
        std::string refuted;
        for (const Lettered& item : refutations) refuted += item.letter;
        if (refuted != wrong) {
            throw QuestionFault{first,
                                fmt::format("why each of the wrong ones is wrong: {}", wrong),
                                refuted.empty() ? "none of them" : refuted};
        }
    }

    const std::vector<std::string_view> lines_;
    std::size_t at_;  // the number of a line
    std::size_t end_;
    int count_ = 0;
    ChapterQuestions result_;
};

}  // namespace

ChapterQuestions questions_in(std::string_view chapter) {
    const LineSpan section = section_of(chapter, "Check yourself");
    if (section.is_empty()) return {};
    return QuestionReader(chapter, section).read();
}

}  // namespace tools
