#include "text/markdown_blocks.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "text/markdown.hpp"
#include "text/text.hpp"

namespace tools {
namespace {

constexpr std::string_view last_line_of_block = "<!-- end -->";

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

struct FirstLine {
    const BlockKind* kind = nullptr;
    std::vector<std::string> arguments;
    bool well_formed = false;
};

// Nothing for a line that does not begin a block.
std::optional<FirstLine> read_first_line(std::string_view line, std::span<const BlockKind> kinds) {
    constexpr std::string_view before = "<!--";
    constexpr std::string_view after = "-->";
    const std::string_view text = trimmed(line);
    if (!text.starts_with(before) || !text.ends_with(after)) return std::nullopt;
    const std::string_view inner =
        trimmed(text.substr(before.size(), text.size() - before.size() - after.size()));
    const std::string_view name = inner.substr(0, inner.find(' '));
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const BlockKind& each) { return each.name == name; });
    if (kind == kinds.end()) return std::nullopt;
    FirstLine first;
    first.kind = &*kind;
    const auto arguments = split_arguments(inner.substr(name.size()));
    if (arguments) first.arguments = *arguments;
    first.well_formed = line.starts_with(before) && arguments &&
                        arguments->size() >= kind->least_arguments &&
                        arguments->size() <= kind->most_arguments;
    return first;
}

}  // namespace

MarkdownBlocks blocks_in(const std::vector<std::string>& lines, std::span<const BlockKind> kinds) {
    MarkdownBlocks result;
    const auto is_last = [&](std::size_t i) { return trimmed(lines[i]) == last_line_of_block; };
    Fences fences;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (fences.covers(lines[i])) continue;
        if (is_last(i)) {
            result.faults.push_back({i + 1, "a block's first line before this one", "none",
                                     "look for a misspelt <!-- … --> above it"});
        }
        const std::optional<FirstLine> first = read_first_line(lines[i], kinds);
        if (!first) continue;
        if (!first->well_formed) {
            result.faults.push_back(
                {i + 1, std::string(first->kind->form) + ", from the line's beginning on", lines[i],
                 "write it like that"});
        }
        std::size_t end = i + 1;
        while (end < lines.size() && !is_last(end) && !read_first_line(lines[end], kinds)) ++end;
        if (end == lines.size() || !is_last(end)) {
            result.faults.push_back({i + 1, "<!-- end --> at the end of this block",
                                     end == lines.size() ? "the end of the file" : "the next block",
                                     "add it"});
            continue;
        }
        if (first->well_formed) {
            result.blocks.push_back({std::string(first->kind->name),
                                     first->arguments,
                                     i + 1,
                                     {lines.begin() + static_cast<std::ptrdiff_t>(i + 1),
                                      lines.begin() + static_cast<std::ptrdiff_t>(end)}});
        }
        i = end;
    }
    return result;
}

}  // namespace tools
