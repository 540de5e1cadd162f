#include "verify/book/stages_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "course/stages.hpp"
#include "text/markdown.hpp"
#include "text/text.hpp"

namespace verify {
namespace {

constexpr std::size_t most_red_tests = 12;
constexpr int most_minutes = 60;

constexpr const char* how_headings_are = "### Stage 1: What it is about (30 minutes)";

void judge_stage_headings(const BookPage& chapter, const tools::Lesson& lesson,
                          const std::vector<tools::Stage>& stages, Findings& findings) {
    int minutes = 0;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const tools::Stage& stage = stages[i];
        minutes += stage.minutes;
        const int right = static_cast<int>(i) + 1;
        if (stage.number != right)
            findings.push_back({chapter.place(stage.line), fmt::format("stage {}", right),
                                fmt::format("stage {}", stage.number),
                                "number the stages from 1 on, in their order"});
        if (stage.minutes < 1 || stage.minutes > most_minutes)
            findings.push_back({chapter.place(stage.line),
                                fmt::format("a stage of at most {} minutes, written as {}",
                                            most_minutes, how_headings_are),
                                fmt::format("{} minutes", stage.minutes),
                                "say how long it takes, or make two of it"});
    }
    if (minutes > std::atoi(lesson.time.c_str()))
        findings.push_back({chapter.name, "stages that take no longer than the chapter's **Time:**",
                            fmt::format("{} minutes, and **Time:** {}", minutes, lesson.time),
                            "correct one or the other"});
}

void judge_tests_of_stages(const BookPage& chapter, const std::vector<tools::Stage>& stages,
                           const std::vector<tools::Test>& tests, Findings& findings) {
    std::vector<std::size_t> count(stages.size() + 1);
    for (const tools::Test& test : tests) {
        if (!test.pitfall) continue;
        if (static_cast<std::size_t>(test.stage) >= count.size() ||
            (test.stage == 0 && !stages.empty())) {
            findings.push_back(
                {"\"" + test.name + "\"",
                 fmt::format("a tag [stage …] of one of the {} stages that {} has", stages.size(),
                             chapter.name),
                 test.stage == 0 ? "none" : fmt::format("[stage {}]", test.stage),
                 fmt::format("tag the test, or add the heading {}", how_headings_are)});
        } else {
            ++count[static_cast<std::size_t>(test.stage)];
        }
    }
    for (std::size_t stage = 1; stage < count.size(); ++stage) {
        if (count[stage] > most_red_tests || count[stage] == 0)
            findings.push_back(
                {chapter.name,
                 fmt::format("at most {} red tests in a stage, and at least one", most_red_tests),
                 fmt::format("{} of them in stage {}", count[stage], stage),
                 "divide them into stages otherwise"});
    }
}

// Those of a stage stand together; what the last hint shows is all of them.
void judge_stage_hints(const BookPage& chapter, const std::vector<tools::Stage>& stages,
                       Findings& findings) {
    if (stages.empty()) return;
    const std::string text = chapter.text();
    const tools::LineSpan section = tools::section_of(text, "Hints");
    std::vector<tools::Details> hints = tools::details_of(text);
    std::erase_if(hints, [&](const auto& each) { return !section.contains(each.line); });
    int last = 1;
    std::set<int> hinted;
    for (std::size_t i = 0; i + 1 < hints.size(); ++i) {
        const int stage = tools::stage_of_summary(hints[i].summary);
        if (stage < last)
            findings.push_back({chapter.place(hints[i].line),
                                fmt::format("a summary \"Stage {}: …\", or of a later stage", last),
                                hints[i].summary, "say whose hint it is, stage after stage"});
        last = std::max(last, stage);
        hinted.insert(stage);
    }
    for (const tools::Stage& stage : stages) {
        if (!hinted.contains(stage.number))
            findings.push_back({chapter.place(stage.line),
                                fmt::format("a hint for stage {}", stage.number), "none",
                                "write one"});
    }
}

std::set<std::string> names_in(std::string_view line) {
    static const std::regex in_italics("\\*([^*]+)\\*");
    const std::string text(line);
    std::set<std::string> names;
    for (auto match = std::sregex_iterator(text.begin(), text.end(), in_italics);
         match != std::sregex_iterator(); ++match)
        names.insert((*match)[1]);
    return names;
}

}  // namespace

Findings judge_stages(const BookPage& chapter, const tools::Lesson& lesson,
                      const std::vector<tools::Test>& tests) {
    const std::vector<tools::Stage> stages = tools::stages_in(chapter.text());
    Findings findings;
    judge_stage_headings(chapter, lesson, stages, findings);
    judge_tests_of_stages(chapter, stages, tests, findings);
    judge_stage_hints(chapter, stages, findings);
    return findings;
}

Findings judge_promises(const BookPage& chapter, const std::vector<tools::Test>& tests) {
    const tools::LineSpan task = tools::section_of(chapter.text(), "Your task");
    const auto is_test = [&](const std::string& name) {
        return std::any_of(tests.begin(), tests.end(),
                           [&](const tools::Test& test) { return test.name == name; });
    };
    Findings findings;
    bool in_table = false;
    bool has_table = false;
    std::set<std::string> named;
    for (std::size_t number = task.begin; number < task.end; ++number) {
        const std::string& line = chapter.lines[number - 1];
        named.merge(names_in(line));
        if (!line.starts_with('|')) in_table = false;
        if (line.ends_with("| tests |")) in_table = has_table = true;
        if (!in_table) continue;
        const std::size_t last_cell = line.rfind('|', line.size() - 2);
        for (const std::string& name : names_in(line.substr(last_cell))) {
            if (!is_test(name))
                findings.push_back({chapter.place(number), "the names of tests", name,
                                    "correct the name: there is no such test"});
        }
    }
    if (!has_table) return findings;
    for (const tools::Test& test : tests) {
        if (!named.contains(test.name))
            findings.push_back({chapter.place(task.begin),
                                fmt::format("the test *{}*, with what it asks for", test.name),
                                "no word of it", "add it to the table"});
    }
    return findings;
}

}  // namespace verify
