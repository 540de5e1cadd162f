#include "file_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "diff.hpp"
#include "markdown.hpp"
#include "text.hpp"

namespace fs = std::filesystem;

namespace check {
namespace {

std::string in_words(tools::LessonFile::Role role) {
    switch (role) {
        case tools::LessonFile::Role::edit:
            return "**edit**";
        case tools::LessonFile::Role::read:
            return "read";
        case tools::LessonFile::Role::leave_alone:
            return "leave alone";
    }
    return "";
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

std::vector<std::string> files_block(const tools::Lesson& lesson) {
    std::vector<std::string> lines = {"| File | What to do | What it is |", "| --- | --- | --- |"};
    for (const tools::LessonFile& file : lesson.files) {
        const std::string path = file.path.generic_string();
        lines.push_back(fmt::format("| [{0}](../{0}) | {1} | {2} |", path, in_words(file.role),
                                    escaped(file.purpose)));
    }
    return lines;
}

std::vector<std::string> code_block(const Course& course, const Block& block) {
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
    return fenced(language_of(path), unindented({begin, end + 1}));
}

std::vector<std::string> diff_block(const Course& course, const tools::Lesson& lesson) {
    const std::string text = tools::folders_diff(course.root, fs::path("lessons") / lesson.stem,
                                                 fs::path("solutions") / lesson.stem);
    if (text.empty()) throw std::runtime_error("the lesson's files are the same as the solution's");
    return fenced("diff", text);
}

}  // namespace check
