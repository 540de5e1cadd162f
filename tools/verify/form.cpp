// What every chapter has, whatever its lesson: see judge_form.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

#include "text/markdown.hpp"
#include "text/text.hpp"
#include "verify/chapter.hpp"

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

bool is_in_block(const Chapter& chapter, std::size_t line) {
    return std::any_of(chapter.blocks.begin(), chapter.blocks.end(), [&](const Block& block) {
        return line >= block.begin && line <= block.begin + block.lines.size() + 1;
    });
}

struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool contains(std::size_t line) const { return line >= begin && line < end; }
};

// The lines below a heading, up to the next of its level.
Range part(const Chapter& chapter, const std::string& title) {
    Range range;
    for (const Heading& heading : headings_of(chapter.text())) {
        if (heading.level != 2) continue;
        if (range.begin != 0) return {range.begin, heading.line};
        if (heading.text == title) range.begin = heading.line;
    }
    return {range.begin, range.begin == 0 ? 0 : chapter.lines.size() + 1};
}

void judge_opening(const Chapter& chapter, const tools::Lesson& lesson, Findings& findings) {
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

void judge_headings(const Chapter& chapter, Findings& findings) {
    const std::vector<Heading> headings = headings_of(chapter.text());
    std::size_t last = 0;
    for (const std::string required : required_headings) {
        const auto heading =
            std::find_if(headings.begin(), headings.end(), [&](const Heading& each) {
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

void judge_hints(const Chapter& chapter, Findings& findings) {
    const Range hints = part(chapter, "Hints");
    int count = 0;
    for (std::size_t line = hints.begin; line != 0 && line < hints.end; ++line) {
        if (!is_in_block(chapter, line) && chapter.lines[line - 1].starts_with("<details>"))
            ++count;
    }
    if (count < least_hints) {
        findings.push_back({chapter.place(std::max<std::size_t>(hints.begin, 1)),
                            fmt::format("at least {} hints, each in <details>", least_hints),
                            fmt::format("{} of them", count),
                            "add hints, from the symptom to the diff"});
    }
}

void judge_blocks(const Chapter& chapter, Findings& findings) {
    const auto count = [&](std::string_view kind, Range range) {
        return std::count_if(chapter.blocks.begin(), chapter.blocks.end(), [&](const Block& block) {
            return block.kind == kind && range.contains(block.begin);
        });
    };
    const Range all = {1, chapter.lines.size() + 1};
    for (const char* kind : {"files", "tests"}) {
        if (const auto number = count(kind, all); number != 1) {
            findings.push_back({chapter.name, fmt::format("one block <!-- {} -->", kind),
                                fmt::format("{} of them", number), "see to it that there is one"});
        }
    }
    if (count("diff", part(chapter, "Hints")) == 0) {
        findings.push_back(
            {chapter.name, "a block <!-- diff --> as the last of the hints", "none", "add it"});
    }
    const Range see = part(chapter, "See it");
    if (count("shell", see) + count("failure", see) == 0) {
        findings.push_back({chapter.name,
                            "a real run below \"## See it\": <!-- shell --> or <!-- failure … -->",
                            "none", "add it"});
    }
}

void judge_length(const Chapter& chapter, const tools::Lesson& lesson, Findings& findings) {
    const int words = count_words(chapter);
    const int least = lesson.number == "00" ? 0 : least_words;
    if (words >= least && words <= most_words) return;
    findings.push_back({chapter.name,
                        fmt::format("between {} and {} words, code, tables and blocks not counted",
                                    least, most_words),
                        fmt::format("{} words", words), words < least ? "tell more" : "tell less"});
}

}  // namespace

int count_words(const Chapter& chapter) {
    static const std::regex tag("<[^>]*>");
    int words = 0;
    Fences fences;
    for (std::size_t i = 0; i < chapter.lines.size(); ++i) {
        const std::string& line = chapter.lines[i];
        if (is_in_block(chapter, i + 1) || fences.covers(line) ||
            tools::trimmed(line).starts_with('|'))
            continue;
        const std::string text = std::regex_replace(line, tag, " ");
        for (const std::string_view word : tools::words_of(text)) words += is_word(word) ? 1 : 0;
    }
    return words;
}

Findings judge_form(const Chapter& chapter, const tools::Lesson& lesson) {
    Findings findings;
    judge_opening(chapter, lesson, findings);
    judge_headings(chapter, findings);
    judge_hints(chapter, findings);
    judge_blocks(chapter, findings);
    judge_length(chapter, lesson, findings);
    return findings;
}

}  // namespace verify
