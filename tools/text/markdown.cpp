#include "text/markdown.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "text/text.hpp"

namespace tools {
namespace {

std::string_view run_at_front(std::string_view text, char c) {
    return text.substr(0, std::min(text.find_first_not_of(c), text.size()));
}

// Between <summary> and </summary>; what follows on the same line is dropped.
std::optional<std::string> summary_in(std::string_view line) {
    constexpr std::string_view open = "<summary>";
    const std::size_t begin = line.find(open);
    if (begin == std::string_view::npos) return std::nullopt;
    line.remove_prefix(begin + open.size());
    return std::string(trimmed(line.substr(0, line.find("</summary>"))));
}

}  // namespace

Fences::Part Fences::part_of(std::string_view line) {
    const std::string_view text = trimmed(line);
    const bool tildes = text.starts_with('~');
    const std::string_view signs = run_at_front(text, tildes ? '~' : '`');
    const std::string_view rest = trimmed(text.substr(signs.size()));
    if (!open_.empty()) {
        const bool closes =
            signs.size() >= open_.size() && signs.front() == open_.front() && rest.empty();
        if (closes) open_.clear();
        return closes ? Part::edge : Part::inside;
    }
    const bool opens = signs.size() >= 3 && (tildes || rest.find('`') == std::string_view::npos);
    if (opens) open_ = signs;
    return opens ? Part::edge : Part::none;
}

std::vector<Heading> headings_of(std::string_view markdown) {
    std::vector<Heading> headings;
    Fences fences;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(markdown)) {
        ++number;
        if (fences.covers(line)) continue;
        const std::size_t level = run_at_front(line, '#').size();
        if (level < 1 || level > 6 || line.size() == level || line[level] != ' ') continue;
        headings.push_back(
            {static_cast<int>(level), std::string(trimmed(line.substr(level))), number});
    }
    return headings;
}

LineSpan section_of(std::string_view markdown, std::string_view title) {
    LineSpan span;
    for (const Heading& heading : headings_of(markdown)) {
        if (heading.level != 2) continue;
        if (span.begin != 0) return {span.begin, heading.line};
        if (heading.text == title) span.begin = heading.line;
    }
    if (span.begin != 0) span.end = lines_of(markdown).size() + 1;
    return span;
}

std::vector<Details> details_of(std::string_view markdown) {
    std::vector<Details> all;
    std::optional<Details> open;
    bool has_summary = false;
    Fences fences;
    std::size_t number = 0;
    for (const std::string_view line : lines_of(markdown)) {
        ++number;
        const bool is_code = fences.covers(line);
        const std::string_view text = trimmed(line);
        if (!is_code && text.starts_with("<details")) {
            open.emplace().line = number;
            has_summary = false;
        }
        if (!open) continue;
        if (!is_code && !has_summary) {
            if (const auto summary = summary_in(line)) {
                open->summary = *summary;
                has_summary = true;
                continue;
            }
        }
        if (!is_code && text.starts_with("</details>")) {
            all.push_back(*std::exchange(open, std::nullopt));
        } else if (number > open->line) {
            open->lines.emplace_back(line);
        }
    }
    return all;
}

std::vector<std::string> fenced(std::string_view language, std::string_view content) {
    std::string ticks = "```";
    while (content.find(ticks) != std::string_view::npos) ticks += '`';
    std::vector<std::string> lines = {ticks + std::string(language)};
    for (const std::string_view line : lines_of(content)) lines.emplace_back(line);
    lines.push_back(ticks);
    return lines;
}

}  // namespace tools
