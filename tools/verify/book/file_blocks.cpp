#include "verify/book/file_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include "text/diff.hpp"
#include "text/markdown.hpp"
#include "text/markdown_inline.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

constexpr std::size_t most_to_read_first = 3;

using Role = tools::LessonFile::Role;

// A row of the table, and what decides where it stands.
struct FileRow {
    tools::LessonFile file;
    bool is_own = false;       // of the lesson itself
    bool is_new = false;       // in no earlier lesson's table
    bool is_included = false;  // by a file that is to be edited
    bool read_first = false;
};

std::set<fs::path> files_before(const Course& course, const tools::Lesson& lesson) {
    std::set<fs::path> files;
    for (const tools::Lesson& each : tools::find_lessons(course.root)) {
        if (each.stem >= lesson.stem) break;
        for (const tools::LessonFile& file : each.files) files.insert(file.path);
    }
    return files;
}

// The code of all the files that are to be edited.
std::string code_to_edit(const Course& course, const tools::Lesson& lesson) {
    std::string code;
    for (const tools::LessonFile& file : lesson.files) {
        if (file.role == Role::edit) code += tools::read_file(course.root / file.path);
    }
    return code;
}

std::vector<FileRow> file_rows_of(const Course& course, const tools::Lesson& lesson) {
    const std::set<fs::path> before = files_before(course, lesson);
    const std::string code = code_to_edit(course, lesson);
    std::vector<FileRow> rows;
    for (const tools::LessonFile& file : lesson.files) {
        FileRow row{file};
        row.is_own = *file.path.begin() == "lessons";
        row.is_new = !row.is_own && file.role == Role::read && !before.empty() &&
                     !before.contains(file.path);
        const std::string name = file.path.filename().string();
        row.is_included = code.find("/" + name + "\"") != std::string::npos ||
                          code.find("\"" + name + "\"") != std::string::npos;
        rows.push_back(std::move(row));
    }
    return rows;
}

// What the code to be edited stands on and nobody has seen yet, then what else is new.
int rank(const FileRow& row) {
    if (row.file.role == Role::edit) return 0;
    if (row.file.role == Role::leave_alone) return 9;
    if (!row.is_own && !row.is_new) return 5;
    return (row.is_included ? 1 : 3) + (row.is_own ? 0 : 1);
}

void choose_what_to_read_first(std::vector<FileRow>& rows) {
    std::vector<std::pair<int, FileRow*>> candidates;
    for (FileRow& row : rows) {
        if (rank(row) > 0 && rank(row) < 5) candidates.emplace_back(rank(row), &row);
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    candidates.resize(std::min(candidates.size(), most_to_read_first));
    for (const auto& [ignored, row] : candidates) row->read_first = true;
    std::stable_sort(rows.begin(), rows.end(), [](const FileRow& a, const FileRow& b) {
        return std::pair(!a.read_first && a.file.role != Role::edit, rank(a)) <
               std::pair(!b.read_first && b.file.role != Role::edit, rank(b));
    });
}

std::string what_to_do(const FileRow& row) {
    const std::string ending = row.is_new ? ", new" : "";
    switch (row.file.role) {
        case Role::edit:
            return "**edit**";
        case Role::read:
            return (row.read_first ? "**read first**" : "read") + ending;
        case Role::leave_alone:
            return "leave alone";
    }
    return "";
}

// Those who skipped an earlier lesson see that here is its answer.
std::string what_it_is(const FileRow& row) {
    const std::string path = row.file.path.generic_string();
    const std::string_view solutions = "solutions/";
    if (!path.starts_with(solutions)) return tools::escaped(row.file.purpose);
    return fmt::format("Lesson {}'s solution. {}", path.substr(solutions.size(), 2),
                       tools::escaped(row.file.purpose));
}

// Without the indentation that all lines share.
std::string unindented(const std::vector<std::string_view>& lines) {
    std::size_t common = std::string_view::npos;
    for (const std::string_view line : lines)
        common = std::min(common, line.find_first_not_of(' '));
    std::string text;
    for (const std::string_view line : lines) {
        text.append(line.substr(std::min(common, line.size()))).append("\n");
    }
    return text;
}

std::string language_of(const fs::path& file) {
    const std::string extension = file.extension();
    if (extension == ".cpp" || extension == ".hpp") return "cpp";
    if (extension == ".cmake" || file.filename() == "CMakeLists.txt") return "cmake";
    return extension.empty() ? "text" : extension.substr(1);
}

bool is_inside(const fs::path& path) {
    const fs::path normal = path.lexically_normal();
    return !normal.empty() && normal.is_relative() && *normal.begin() != "..";
}

}  // namespace

std::vector<std::string> files_block(const Course& course, const tools::Lesson& lesson) {
    std::vector<FileRow> rows = file_rows_of(course, lesson);
    choose_what_to_read_first(rows);
    std::vector<std::string> lines = {"| File | What to do | What it is |", "| --- | --- | --- |"};
    for (const FileRow& row : rows) {
        lines.push_back(fmt::format("| [{0}](../{0}) | {1} | {2} |", row.file.path.generic_string(),
                                    what_to_do(row), what_it_is(row)));
    }
    return lines;
}

std::vector<std::string> code_block(const Course& course, const tools::MarkdownBlock& block) {
    const fs::path path = block.arguments.at(0);
    const std::string& first = block.arguments.at(1);
    const std::string& last = block.arguments.size() > 2 ? block.arguments[2] : first;
    if (!is_inside(path) || !fs::is_regular_file(course.root / path)) {
        throw std::runtime_error(fmt::format("there is no file {}", path.string()));
    }
    const std::string text = tools::read_file(course.root / path);
    const std::vector<std::string_view> lines = tools::lines_of(text);
    // "^}" asks for a line that begins with it.
    const auto has = [](std::string_view words) {
        return [words](std::string_view line) {
            return words.starts_with('^') ? line.starts_with(words.substr(1))
                                          : line.find(words) != std::string_view::npos;
        };
    };
    const auto begin = std::find_if(lines.begin(), lines.end(), has(first));
    if (begin == lines.end()) {
        throw std::runtime_error(fmt::format("{} has no line with: {}", path.string(), first));
    }
    const auto end = std::find_if(begin, lines.end(), has(last));
    if (end == lines.end()) {
        throw std::runtime_error(fmt::format(
            "{} has, from the line with \"{}\" on, no line with: {}", path.string(), first, last));
    }
    return tools::fenced(language_of(path), unindented({begin, end + 1}));
}

std::vector<std::string> diff_block(const Course& course, const tools::Lesson& lesson) {
    const std::string text = tools::folders_diff(course.root, fs::path("lessons") / lesson.stem,
                                                 fs::path("solutions") / lesson.stem);
    if (text.empty()) throw std::runtime_error("the lesson's files are the same as the solution's");
    return tools::fenced("diff", text);
}

}  // namespace verify
