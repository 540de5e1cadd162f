#include "verify/book/book_page.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "text/markdown_inline.hpp"
#include "text/text.hpp"

namespace verify {
namespace {

using tools::trimmed;

constexpr std::array kinds = {
    tools::BlockKind{"files", 0, 0, "<!-- files -->"},
    tools::BlockKind{"tests", 0, 0, "<!-- tests -->"},
    tools::BlockKind{"failure", 1, 1, "<!-- failure \"the test's name\" -->"},
    tools::BlockKind{"picture", 1, 1, "<!-- picture \"the test's name\" -->"},
    tools::BlockKind{"code", 2, 3, "<!-- code path \"in the first line\" \"in the last line\" -->"},
    tools::BlockKind{"diff", 0, 0, "<!-- diff -->"},
    tools::BlockKind{"answer", 1, 1, "<!-- answer wrong_name -->"},
    tools::BlockKind{"server", 0, 0, "<!-- server -->"},
    tools::BlockKind{"shell", 0, 0, "<!-- shell -->"},
};

}  // namespace

BookPage::BookPage(std::string name_, std::string_view text, Findings& findings)
    : name(std::move(name_)) {
    for (const std::string_view line : tools::lines_of(text)) lines.emplace_back(line);
    tools::MarkdownBlocks read = tools::blocks_in(lines, kinds);
    blocks = std::move(read.blocks);
    for (const tools::BlockFault& fault : read.faults)
        findings.push_back({place(fault.line), fault.expected, fault.found, fault.advice});
}

std::string BookPage::text() const {
    std::string text;
    for (const std::string& line : lines) text.append(line).append("\n");
    return text;
}

void BookPage::replace(std::size_t index, const std::vector<std::string>& with) {
    tools::MarkdownBlock& block = blocks[index];
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(block.begin);
    const auto position =
        lines.erase(begin, begin + static_cast<std::ptrdiff_t>(block.lines.size()));
    lines.insert(position, with.begin(), with.end());
    for (std::size_t i = index + 1; i < blocks.size(); ++i) {
        blocks[i].begin += with.size() - block.lines.size();
    }
    block.lines = with;
}

std::string BookPage::place(std::size_t line) const {
    return fmt::format("{}:{}", name, line);
}

std::string one_line_of_markdown(std::string_view message) {
    return tools::escaped(tools::in_one_line(message));
}

ShownTests::ShownTests(std::string_view chapter) {
    Findings ignored;
    const BookPage parsed("", chapter, ignored);
    for (const tools::MarkdownBlock& block : parsed.blocks) {
        if (block.kind != "tests") continue;
        std::string* message = nullptr;
        for (const std::string& line : block.lines) {
            constexpr std::string_view before = "- **";
            const std::size_t after = line.rfind("**");
            if (line.starts_with(before) && after > before.size()) {
                message = &messages_[line.substr(before.size(), after - before.size())];
            } else if (message != nullptr && trimmed(line).starts_with("> ")) {
                *message = trimmed(line).substr(2);
            }
        }
    }
}

std::optional<std::string> ShownTests::message_of(const std::string& test) const {
    const auto found = messages_.find(tools::escaped(test));
    if (found == messages_.end()) return std::nullopt;
    return found->second;
}

}  // namespace verify
