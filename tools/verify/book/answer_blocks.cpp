#include "verify/book/answer_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "course/answer.hpp"
#include "text/diff.hpp"
#include "text/markdown.hpp"
#include "text/markdown_inline.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

constexpr std::size_t most_lines_of_a_diff = 60;
constexpr std::size_t most_tests_named = 3;

// From the solution's files to the answer's.
std::string diff_of(const Course& course, const tools::Lesson& lesson,
                    const tools::Answer& answer) {
    const fs::path solution = fs::path("solutions") / lesson.stem;
    std::string diff;
    for (const auto& [name, text] : tools::overlay_of(answer, course.root / solution)) {
        const fs::path file = solution / name;
        const bool is_new = !fs::exists(course.root / file);
        const std::string before = is_new ? "" : tools::read_file(course.root / file);
        const std::string after = text ? std::string(tools::opening_of(*text).rest) : "";
        diff += tools::unified_diff(before, after, is_new ? "/dev/null" : file.generic_string(),
                                    text ? file.generic_string() : "/dev/null");
    }
    return diff;
}

bool changes_code(std::string_view line) {
    if (!line.starts_with('+') && !line.starts_with('-')) return false;
    const std::string_view code = tools::trimmed(line.substr(1));
    return !code.empty() && !code.starts_with("//") && !code.starts_with("#");
}

struct Range {
    std::size_t begin;
    std::size_t end;
};

// These of the lines, in order, and "…" for those between, before and after them.
std::string excerpt(const std::vector<std::string_view>& lines, std::initializer_list<Range> kept) {
    std::string text;
    std::size_t at = 0;
    for (const Range& range : kept) {
        if (range.begin > at) text += "…\n";
        for (at = range.begin; at < range.end; ++at) text.append(lines[at]).append("\n");
    }
    if (at < lines.size()) text += "…\n";
    return text;
}

// "A", "B" and 2 more
std::string names_of(const std::vector<std::string>& tests) {
    std::string names;
    const std::size_t count = std::min(tests.size(), most_tests_named);
    for (std::size_t i = 0; i < count; ++i) {
        const bool is_last = i + 1 == tests.size();
        names += fmt::format("{}\"{}\"",
                             i == 0    ? ""
                             : is_last ? " and "
                                       : ", ",
                             tools::escaped(tests[i]));
    }
    if (count < tests.size()) names += fmt::format(" and {} more", tests.size() - count);
    return names;
}

}  // namespace

ShownDiff shown_of(const std::string& diff, std::size_t most_lines) {
    const std::vector<std::string_view> lines = tools::lines_of(diff);
    if (lines.size() <= most_lines) return {diff, true};
    std::size_t file = 0;  // its line "--- "
    for (std::size_t begin = 0; begin < lines.size();) {
        if (lines[begin].starts_with("--- ")) {
            file = begin;
            begin += 2;
        }
        const auto is_next = [](std::string_view line) {
            return line.starts_with("@@ ") || line.starts_with("--- ");
        };
        const auto from = lines.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto next = std::find_if(from + 1, lines.end(), is_next);
        const auto end = static_cast<std::size_t>(next - lines.begin());
        if (std::any_of(from, next, changes_code)) {
            const std::size_t shown = std::min(end, begin + most_lines - 2);
            return {excerpt(lines, {{file, file + 2}, {begin, shown}}), false};
        }
        begin = end;
    }
    return {excerpt(lines, {{0, most_lines}}), false};
}

std::vector<std::string> answer_block(const Course& course, const tools::Lesson& lesson,
                                      const std::string& name) {
    const tools::Answer answer = tools::answer_of(course.root, lesson.stem, name);
    const ShownDiff diff = shown_of(diff_of(course, lesson, answer), most_lines_of_a_diff);
    if (diff.text.empty()) throw std::runtime_error(name + " is the same as the solution");
    const std::string link =
        fmt::format("[{}](../{})", diff.is_whole ? "its file" : "the whole of it",
                    answer.path.lexically_proximate(course.root).generic_string());
    std::vector<std::string> lines = {
        "<details>",
        fmt::format("<summary><code>{}</code>: from the solution to it</summary>", name),
        "",
        answer.is_wrong() ? fmt::format("Rejected by {} ({}).", names_of(answer.rejected_by), link)
                          : fmt::format("Passes every test ({}).", link),
        "",
    };
    for (std::string& line : tools::fenced("diff", diff.text)) lines.push_back(std::move(line));
    lines.insert(lines.end(), {"", "</details>"});
    return lines;
}

}  // namespace verify
