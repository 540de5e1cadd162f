#include "verify/book/answer_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
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

using Files = std::map<std::string, std::string>;  // texts by names

Files files_in(const fs::path& folder) {
    Files files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file())
            files[entry.path().filename().string()] = tools::read_file(entry.path());
    }
    return files;
}

Files files_of(const tools::Answer& answer, const fs::path& solution) {
    Files files = files_in(solution);
    for (const auto& [name, text] : tools::overlay_of(answer, solution)) {
        if (text) {
            files[name] = tools::opening_of(*text).rest;
        } else {
            files.erase(name);
        }
    }
    return files;
}

// What becomes of the files in a folder, which has this name.
std::string diff_of(const Files& before, const Files& after, const fs::path& folder) {
    Files all = before;
    all.insert(after.begin(), after.end());
    const auto side = [&](const Files& files, const std::string& name) {
        const auto file = files.find(name);
        return file == files.end() ? std::pair(std::string(), std::string("/dev/null"))
                                   : std::pair(file->second, (folder / name).generic_string());
    };
    std::string diff;
    for (const auto& [name, text] : all) {
        const auto [old_text, old_label] = side(before, name);
        const auto [new_text, new_label] = side(after, name);
        diff += tools::unified_diff(old_text, new_text, old_label, new_label);
    }
    return diff;
}

// Takes out the files that the answer has from the solution as they are and that the starter has
// not: they would look as if they were the answer's own. Says which, or nothing.
std::string take_out_untouched(Files& files, const Files& solved, const Files& begun) {
    std::string taken;
    std::erase_if(files, [&](const auto& file) {
        const auto same = solved.find(file.first);
        if (begun.contains(file.first) || same == solved.end() || same->second != file.second)
            return false;
        taken += fmt::format("{} <code>{}</code>", taken.empty() ? ", with the solution's" : ",",
                             file.first);
        return true;
    });
    return taken;
}

std::size_t count_lines(std::string_view text) {
    return tools::lines_of(text).size();
}

// So that it is worth a reader's while to have another beginning.
bool is_much_shorter(std::string_view one, std::string_view other) {
    return count_lines(one) <= most_lines_of_a_diff ||
           3 * count_lines(one) < 2 * count_lines(other);
}

bool is_code(std::string_view line) {
    const std::string_view code = tools::trimmed(line);
    return !code.empty() && !code.starts_with("//") && !code.starts_with("#");
}
bool adds_code(std::string_view line) {
    return line.starts_with('+') && is_code(line.substr(1));
}
bool changes_code(std::string_view line) {
    return adds_code(line) || (line.starts_with('-') && is_code(line.substr(1)));
}

struct Range {
    std::size_t begin;
    std::size_t end;
};

// The hunks of a diff, each from its "@@" on, and whose file it is: where its line "--- " stands.
struct Hunk {
    std::size_t file;
    Range lines;
};
std::vector<Hunk> hunks_of(const std::vector<std::string_view>& lines) {
    std::vector<Hunk> hunks;
    std::size_t file = 0;
    for (std::size_t at = 0; at < lines.size(); ++at) {
        if (lines[at].starts_with("--- ")) {
            file = at++;  // "+++ " follows
        } else if (lines[at].starts_with("@@ ")) {
            hunks.push_back({file, {at, at + 1}});
        } else if (!hunks.empty()) {
            hunks.back().lines.end = at + 1;
        }
    }
    return hunks;
}

// These of the lines, in order, and "…" for those between, before and after them.
std::string excerpt(const std::vector<std::string_view>& lines,
                    const std::map<std::size_t, Range>& kept) {
    std::string text;
    std::size_t at = 0;
    for (const auto& [begin, range] : kept) {
        if (begin > at) text += "…\n";
        for (at = begin; at < range.end; ++at) text.append(lines[at]).append("\n");
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
    const auto count = [&](Range range, auto is_counted) {
        const auto begin = lines.begin();
        return std::count_if(begin + static_cast<std::ptrdiff_t>(range.begin),
                             begin + static_cast<std::ptrdiff_t>(range.end), is_counted);
    };
    std::vector<Hunk> hunks = hunks_of(lines);
    std::stable_sort(hunks.begin(), hunks.end(), [&](const Hunk& one, const Hunk& other) {
        return count(one.lines, adds_code) > count(other.lines, adds_code);
    });
    std::map<std::size_t, Range> kept;  // in the order in which they stand
    std::size_t room = most_lines;
    for (const Hunk& hunk : hunks) {
        const std::size_t header = kept.contains(hunk.file) ? 0 : 2;
        if (room <= header) continue;
        Range shown = hunk.lines;
        shown.end = std::min(shown.end, shown.begin + room - header);
        if (!kept.empty() && count(shown, changes_code) == 0) continue;
        if (header > 0) kept[hunk.file] = {hunk.file, hunk.file + header};
        kept[shown.begin] = shown;
        room -= header + shown.end - shown.begin;
    }
    return {excerpt(lines, kept), false};
}

std::vector<std::string> answer_block(const Course& course, const tools::Lesson& lesson,
                                      const std::string& name) {
    const tools::Answer answer = tools::answer_of(course.root, lesson.stem, name);
    const fs::path solution = fs::path("solutions") / lesson.stem;
    const fs::path starter = fs::path("lessons") / lesson.stem;
    const Files solved = files_in(course.root / solution);
    const Files begun = files_in(course.root / starter);
    Files files = files_of(answer, course.root / solution);

    std::string from = "the solution";
    std::string diff = diff_of(solved, files, solution);
    if (diff.empty()) throw std::runtime_error(name + " is the same as the solution");
    if (count_lines(diff) > most_lines_of_a_diff) {
        const std::string taken = take_out_untouched(files, solved, begun);
        const std::string other = diff_of(begun, files, starter);
        if (!other.empty() && is_much_shorter(other, diff)) {
            from = "the starter" + (taken.empty() ? "" : taken + ",");
            diff = other;
        }
    }
    const ShownDiff shown = shown_of(diff, most_lines_of_a_diff);
    const std::string link =
        fmt::format("[{}](../{})", shown.is_whole ? "its file" : "the whole of it",
                    answer.path.lexically_proximate(course.root).generic_string());
    std::vector<std::string> lines = {
        "<details>",
        fmt::format("<summary><code>{}</code>: from {} to it</summary>", name, from),
        "",
        answer.is_wrong() ? fmt::format("Rejected by {} ({}).", names_of(answer.rejected_by), link)
                          : fmt::format("Passes every test ({}).", link),
        "",
    };
    for (std::string& line : tools::fenced("diff", shown.text)) lines.push_back(std::move(line));
    lines.insert(lines.end(), {"", "</details>"});
    return lines;
}

}  // namespace verify
