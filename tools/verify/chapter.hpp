// A lesson's chapter as text: its parts, and its blocks that are made from files and from real
// runs.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "course/course.hpp"
#include "verify/finding.hpp"

namespace verify {

// What stands between a line <!-- kind "arguments" --> and the next line <!-- end -->.
struct Block {
    std::string kind;
    std::vector<std::string> arguments;
    std::size_t begin = 0;           // the number of the first of the two lines, from 1
    std::vector<std::string> lines;  // between the two
};

struct Chapter {
    std::string name;  // book/01_global_session.md
    std::vector<std::string> lines;
    std::vector<Block> blocks;

    // What cannot be read as a block is added to `findings`.
    Chapter(std::string name, std::string_view text, Findings& findings);

    std::string text() const;
    // Puts other lines between a block's two.
    void replace(std::size_t block, const std::vector<std::string>& lines);
    std::string place(std::size_t line) const;  // book/01_global_session.md:12
};

// Title, time, headings, blocks and length, as every chapter has them.
Findings judge_form(const Chapter& chapter, const tools::Lesson& lesson);

// The words of a chapter outside of code, tables and blocks.
int count_words(const Chapter& chapter);

// A message as the tests block shows it.
std::string one_line_of_markdown(std::string_view message);

// The tests block as it stands in a chapter: each test with its message.
class ShownTests {
 public:
    explicit ShownTests(std::string_view chapter);
    // Nothing when the chapter does not show the test; empty when it does without a message.
    std::optional<std::string> message_of(const std::string& test) const;

 private:
    std::map<std::string, std::string> messages_;  // by the escaped name
};

}  // namespace verify
