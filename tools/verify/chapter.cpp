#include "verify/chapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <regex>
#include <utility>

#include "text/markdown.hpp"
#include "text/text.hpp"

namespace verify {
namespace {

using tools::trimmed;

constexpr std::string_view end_line = "<!-- end -->";

// first "second part" "with \" in it"
std::optional<std::vector<std::string>> split_arguments(std::string_view text) {
    std::vector<std::string> arguments;
    while (!(text = trimmed(text)).empty()) {
        if (text.front() != '"') {
            const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
            arguments.emplace_back(text.substr(0, end));
            text.remove_prefix(end);
            continue;
        }
        std::string argument;
        std::size_t i = 1;
        for (; i < text.size() && text[i] != '"'; ++i) {
            if (text[i] == '\\' && i + 1 < text.size()) ++i;
            argument += text[i];
        }
        if (i >= text.size()) return std::nullopt;
        arguments.push_back(std::move(argument));
        text.remove_prefix(i + 1);
    }
    return arguments;
}

struct BlockKind {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    std::string_view form;
};

constexpr std::array kinds = {
    BlockKind{"files", 0, 0, "<!-- files -->"},
    BlockKind{"tests", 0, 0, "<!-- tests -->"},
    BlockKind{"failure", 1, 1, "<!-- failure \"the test's name\" -->"},
    BlockKind{"code", 2, 3, "<!-- code path \"in the first line\" \"in the last line\" -->"},
    BlockKind{"diff", 0, 0, "<!-- diff -->"},
    BlockKind{"server", 0, 0, "<!-- server -->"},
    BlockKind{"shell", 0, 0, "<!-- shell -->"},
};

struct Opening {
    const BlockKind* kind = nullptr;
    std::vector<std::string> arguments;
    bool well_formed = false;
};

// Nothing for a line that does not begin a block.
std::optional<Opening> read_opening(std::string_view line) {
    constexpr std::string_view before = "<!--";
    constexpr std::string_view after = "-->";
    const std::string_view text = trimmed(line);
    if (!text.starts_with(before) || !text.ends_with(after)) return std::nullopt;
    const std::string_view inner =
        trimmed(text.substr(before.size(), text.size() - before.size() - after.size()));
    const std::string_view name = inner.substr(0, inner.find(' '));
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const BlockKind& k) { return k.name == name; });
    if (kind == kinds.end()) return std::nullopt;
    Opening opening;
    opening.kind = &*kind;
    const auto arguments = split_arguments(inner.substr(name.size()));
    if (arguments) opening.arguments = *arguments;
    opening.well_formed = line.starts_with(before) && arguments &&
                          arguments->size() >= kind->least && arguments->size() <= kind->most;
    return opening;
}

}  // namespace

Chapter::Chapter(std::string name_, std::string_view text, Findings& findings)
    : name(std::move(name_)) {
    for (const std::string_view line : tools::lines_of(text)) lines.emplace_back(line);
    Fences fences;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (fences.covers(lines[i])) continue;
        if (trimmed(lines[i]) == end_line) {
            findings.push_back({place(i + 1), "a block's first line before this one", "none",
                                "look for a misspelt <!-- … --> above it"});
        }
        const std::optional<Opening> opening = read_opening(lines[i]);
        if (!opening) continue;
        if (!opening->well_formed) {
            findings.push_back({place(i + 1),
                                std::string(opening->kind->form) + ", from the line's beginning on",
                                lines[i], "write it like that"});
        }
        Block block{std::string(opening->kind->name), opening->arguments, i + 1, {}};
        std::size_t end = i + 1;
        while (end < lines.size() && trimmed(lines[end]) != end_line && !read_opening(lines[end]))
            ++end;
        if (end == lines.size() || trimmed(lines[end]) != end_line) {
            findings.push_back({place(i + 1), "<!-- end --> at the end of this block",
                                end == lines.size() ? "the end of the file" : "the next block",
                                "add it"});
            continue;
        }
        block.lines.assign(lines.begin() + static_cast<std::ptrdiff_t>(i + 1),
                           lines.begin() + static_cast<std::ptrdiff_t>(end));
        if (opening->well_formed) blocks.push_back(std::move(block));
        i = end;
    }
}

std::string Chapter::text() const {
    std::string text;
    for (const std::string& line : lines) text.append(line).append("\n");
    return text;
}

void Chapter::replace(std::size_t index, const std::vector<std::string>& with) {
    Block& block = blocks[index];
    const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(block.begin);
    const auto position =
        lines.erase(begin, begin + static_cast<std::ptrdiff_t>(block.lines.size()));
    lines.insert(position, with.begin(), with.end());
    for (std::size_t i = index + 1; i < blocks.size(); ++i) {
        blocks[i].begin += with.size() - block.lines.size();
    }
    block.lines = with;
}

std::string Chapter::place(std::size_t line) const {
    return fmt::format("{}:{}", name, line);
}

std::string one_line_of_markdown(std::string_view message) {
    std::string line;
    for (const std::string_view word : tools::words_of(message)) {
        if (!line.empty()) line += ' ';
        line += word;
    }
    return escaped(line);
}

ShownTests::ShownTests(std::string_view chapter) {
    Findings ignored;
    const Chapter parsed("", chapter, ignored);
    for (const Block& block : parsed.blocks) {
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
    const auto found = messages_.find(escaped(test));
    if (found == messages_.end()) return std::nullopt;
    return found->second;
}

}  // namespace verify
