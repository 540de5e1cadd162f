// A page of the book as text, with its blocks that are made from files and from real runs.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/markdown_blocks.hpp"
#include "verify/finding.hpp"

namespace verify {

struct BookPage {
    std::string name;  // book/01_global_session.md
    std::vector<std::string> lines;
    std::vector<tools::MarkdownBlock> blocks;

    // What cannot be read as a block is added to `findings`.
    BookPage(std::string name, std::string_view text, Findings& findings);

    std::string text() const;
    // Puts other lines between a block's two.
    void replace(std::size_t block, const std::vector<std::string>& lines);
    std::string place(std::size_t line) const;  // book/01_global_session.md:12
};

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
