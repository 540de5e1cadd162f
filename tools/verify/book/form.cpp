#include "verify/book/form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <regex>
#include <set>

#include "course/questions.hpp"
#include "text/markdown.hpp"
#include "text/markdown_inline.hpp"
#include "text/text.hpp"

namespace verify {
namespace {

constexpr std::array required_headings = {
    "## The story", "## See it",
    "## Your task", "## Hints",
    "## Why",       "### Answers that look right",
    "## Elsewhere", "## Check yourself",
};
constexpr int least_words = 700;
constexpr int most_words = 1500;
constexpr int least_hints = 3;
constexpr std::size_t least_questions = 3;
constexpr std::size_t most_questions = 5;

bool is_in_block(const BookPage& chapter, std::size_t line) {
    return std::any_of(chapter.blocks.begin(), chapter.blocks.end(),
                       [&](const tools::MarkdownBlock& block) { return block.contains(line); });
}

void judge_opening(const BookPage& chapter, const tools::Lesson& lesson, Findings& findings) {
    const std::string title = fmt::format("# {} · ", lesson.number);
    if (chapter.lines.empty() || !chapter.lines[0].starts_with(title) ||
        chapter.lines[0].size() == title.size()) {
        findings.push_back({chapter.place(1), title + "and the lesson's title",
                            chapter.lines.empty() ? "an empty file" : chapter.lines[0],
                            "correct the chapter's first line"});
    }
    static const std::regex tale(R"(\*[^* ].*\*)");
    const auto tagline =
        std::find_if(chapter.lines.begin() + (chapter.lines.empty() ? 0 : 1), chapter.lines.end(),
                     [](const std::string& line) { return !tools::trimmed(line).empty(); });
    if (tagline == chapter.lines.end() || !std::regex_match(*tagline, tale)) {
        findings.push_back({chapter.place(3), "the disease in one line: *Bob's review vanished …*",
                            tagline == chapter.lines.end() ? "nothing" : *tagline,
                            "add it below the title"});
    }
    static const std::regex time(R"(\*\*Time:\*\* [0-9]+ minutes.*)");
    const bool has_time =
        std::any_of(chapter.lines.begin(), chapter.lines.end(),
                    [](const std::string& line) { return std::regex_match(line, time); });
    if (!has_time) {
        findings.push_back(
            {chapter.name, "a line **Time:** 25 minutes", "none", "add it above the files"});
    }
}

void judge_headings(const BookPage& chapter, Findings& findings) {
    const std::vector<tools::Heading> headings = tools::headings_of(chapter.text());
    std::size_t last = 0;
    for (const std::string required : required_headings) {
        const auto heading =
            std::find_if(headings.begin(), headings.end(), [&](const tools::Heading& each) {
                return std::string(static_cast<std::size_t>(each.level), '#') + " " + each.text ==
                       required;
            });
        if (heading == headings.end()) {
            findings.push_back({chapter.name, fmt::format("the heading \"{}\"", required),
                                "no such heading", "write this part of the chapter"});
        } else if (heading->line < last) {
            findings.push_back(
                {chapter.place(heading->line), "the headings in the order that every chapter has",
                 fmt::format("\"{}\" above a heading that should precede it", required),
                 "move this part of the chapter"});
        } else {
            last = heading->line;
        }
    }
}

void judge_hints(const BookPage& chapter, Findings& findings) {
    const std::string text = chapter.text();
    const tools::LineSpan hints = tools::section_of(text, "Hints");
    const std::vector<tools::Details> details = tools::details_of(text);
    const auto count =
        std::count_if(details.begin(), details.end(), [&](const tools::Details& each) {
            return hints.contains(each.line) && !is_in_block(chapter, each.line);
        });
    if (count < least_hints) {
        findings.push_back({chapter.place(std::max<std::size_t>(hints.begin, 1)),
                            fmt::format("at least {} hints, each in <details>", least_hints),
                            fmt::format("{} of them", count),
                            "add hints, from the symptom to the diff"});
    }
}

void judge_blocks(const BookPage& chapter, Findings& findings) {
    const auto count = [&](std::string_view kind, tools::LineSpan span) {
        return std::count_if(chapter.blocks.begin(), chapter.blocks.end(),
                             [&](const tools::MarkdownBlock& block) {
                                 return block.kind == kind && span.contains(block.begin);
                             });
    };
    const tools::LineSpan all = {1, chapter.lines.size() + 1};
    for (const char* kind : {"files", "tests"}) {
        if (const auto number = count(kind, all); number != 1) {
            findings.push_back({chapter.name, fmt::format("one block <!-- {} -->", kind),
                                fmt::format("{} of them", number), "see to it that there is one"});
        }
    }
    if (count("diff", tools::section_of(chapter.text(), "Hints")) == 0) {
        findings.push_back(
            {chapter.name, "a block <!-- diff --> as the last of the hints", "none", "add it"});
    }
    const tools::LineSpan see = tools::section_of(chapter.text(), "See it");
    if (count("shell", see) + count("failure", see) == 0) {
        findings.push_back({chapter.name,
                            "a real run below \"## See it\": <!-- shell --> or <!-- failure … -->",
                            "none", "add it"});
    }
}

// From the heading "Answers that look right" up to the next one.
tools::LineSpan answers_of(const BookPage& chapter) {
    const std::vector<tools::Heading> headings = tools::headings_of(chapter.text());
    const auto heading = std::find_if(
        headings.begin(), headings.end(),
        [](const tools::Heading& each) { return each.text == "Answers that look right"; });
    if (heading == headings.end()) return {};
    const auto next = std::next(heading);
    return {heading->line, next == headings.end() ? chapter.lines.size() + 1 : next->line};
}

// Each answer that the chapter speaks of is shown, and no other.
void judge_answers(const BookPage& chapter, Findings& findings) {
    static const std::regex name("`((?:right|wrong)_[a-z0-9_]+)`");
    const tools::LineSpan answers = answers_of(chapter);
    if (answers.is_empty()) return;
    std::set<std::string> named;
    for (std::size_t line = answers.begin; line < answers.end; ++line) {
        if (is_in_block(chapter, line)) continue;
        const std::string& text = chapter.lines[line - 1];
        for (std::sregex_iterator each(text.begin(), text.end(), name), none; each != none; ++each)
            named.insert((*each)[1]);
    }
    std::set<std::string> shown;
    for (const tools::MarkdownBlock& block : chapter.blocks) {
        if (block.kind == "answer") shown.insert(block.arguments.at(0));
    }
    for (const std::string& each : named) {
        if (shown.contains(each)) continue;
        findings.push_back(
            {chapter.place(answers.begin),
             fmt::format("a block <!-- answer {} -->, because the text names it", each), "none",
             "add it below that paragraph"});
    }
    for (const std::string& each : shown) {
        if (named.contains(each)) continue;
        findings.push_back({chapter.place(answers.begin),
                            fmt::format("a sentence on {}, because it is shown", each), "none",
                            "say what it overlooks, or what speaks for it"});
    }
}

void judge_questions(const BookPage& chapter, Findings& findings) {
    const tools::ChapterQuestions read = tools::questions_in(chapter.text());
    for (const tools::QuestionFault& fault : read.faults) {
        findings.push_back({chapter.place(fault.line), fault.expected, fault.found,
                            "write the question as tools/course/questions.hpp has it"});
    }
    const std::size_t count = read.questions.size();
    if (count == 0 || !read.faults.empty()) return;
    if (count < least_questions || count > most_questions) {
        findings.push_back({chapter.place(read.questions.front().line),
                            fmt::format("{} to {} questions", least_questions, most_questions),
                            fmt::format("{} of them", count), "add some, or take some away"});
    }
}

void judge_length(const BookPage& chapter, const tools::Lesson& lesson, Findings& findings) {
    const int words = count_words(chapter);
    const int least = lesson.number == "00" ? 0 : least_words;
    if (words >= least && words <= most_words) return;
    findings.push_back(
        {chapter.name,
         fmt::format("between {} and {} words to read at a stretch: not counted are code, tables, "
                     "blocks, pictures, hints, Elsewhere and the questions",
                     least, most_words),
         fmt::format("{} words", words), words < least ? "tell more" : "tell less"});
}

}  // namespace

int count_words(const BookPage& chapter) {
    static const std::regex picture_or_tag(R"(!\[[^\]]*\]\([^)]*\)|<[^>]*>)");
    const std::string whole = chapter.text();
    const tools::LineSpan apart[] = {tools::section_of(whole, "Hints"),
                                     tools::section_of(whole, "Elsewhere"),
                                     tools::section_of(whole, "Check yourself")};
    std::string read;
    tools::Fences fences;
    for (std::size_t i = 0; i < chapter.lines.size(); ++i) {
        const std::string& line = chapter.lines[i];
        const bool is_code = fences.covers(line);
        const bool is_apart =
            std::any_of(std::begin(apart), std::end(apart),
                        [&](const tools::LineSpan& section) { return section.contains(i + 1); });
        const bool is_table = tools::trimmed(line).starts_with('|');
        if (!is_code && !is_apart && !is_table && !is_in_block(chapter, i + 1)) read += line + "\n";
    }
    read = std::regex_replace(read, picture_or_tag, " ");
    int words = 0;
    for (const std::string_view word : tools::words_of(read)) words += tools::is_word(word) ? 1 : 0;
    return words;
}

Findings judge_tests_named(const BookPage& chapter, const std::vector<tools::Test>& tests) {
    static const std::regex quotation("\"([^\"]+)\"");
    constexpr std::size_t most_words_of_no_name = 3;  // "sold out"
    const tools::LineSpan answers = answers_of(chapter);
    std::string text;
    for (std::size_t line = answers.begin; line < answers.end; ++line) {
        if (is_in_block(chapter, line)) continue;
        const std::string plain = tools::without_code(chapter.lines[line - 1]);
        for (const std::string_view word : tools::words_of(plain)) text.append(word).append(" ");
    }
    Findings findings;
    for (std::sregex_iterator each(text.begin(), text.end(), quotation), none; each != none;
         ++each) {
        const std::string quoted = (*each)[1];
        const bool is_test = std::any_of(tests.begin(), tests.end(), [&](const tools::Test& test) {
            return test.name == quoted;
        });
        if (is_test || tools::words_of(quoted).size() <= most_words_of_no_name) continue;
        findings.push_back({chapter.place(answers.begin), "the names of tests in quotation marks",
                            quoted, "correct the name: there is no such test"});
    }
    return findings;
}

Findings judge_form(const BookPage& chapter, const tools::Lesson& lesson) {
    Findings findings;
    judge_opening(chapter, lesson, findings);
    judge_headings(chapter, findings);
    judge_hints(chapter, findings);
    judge_blocks(chapter, findings);
    judge_answers(chapter, findings);
    judge_questions(chapter, findings);
    judge_length(chapter, lesson, findings);
    return findings;
}

}  // namespace verify
