#include "course/course.hpp"

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <stdexcept>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

bool is_stem(const std::string& name) {
    static const std::regex stem("[0-9][0-9]_[a-z0-9_]+");
    return std::regex_match(name, stem);
}

bool begins_as_stem(const std::string& name) {
    static const std::regex beginning("[0-9][0-9]_.*");
    return std::regex_match(name, beginning);
}

// Of "// What it is. And more" the first part; a sentence may run over several lines.
std::string first_sentence(const std::string& text) {
    std::string comment;
    for (const std::string_view line : lines_of(text)) {
        if (!line.starts_with("//")) break;
        if (!comment.empty()) comment += ' ';
        comment += trimmed(line.substr(2));
    }
    for (std::size_t i = 0; i < comment.size(); ++i) {
        const bool ends = comment[i] == '.' || comment[i] == '?' || comment[i] == '!';
        if (ends && (i + 1 == comment.size() || comment[i + 1] == ' '))
            return comment.substr(0, i + 1);
    }
    return comment;
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    if (!fs::is_directory(folder)) return files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> quoted_includes(const std::string& text) {
    std::vector<std::string> names;
    for (std::string_view line : lines_of(text)) {
        for (const std::string_view part : {"#", "include", "\""}) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
            line = line.starts_with(part) ? line.substr(part.size()) : std::string_view();
        }
        if (const std::size_t end = line.find('"'); end != std::string_view::npos && end > 0)
            names.emplace_back(line.substr(0, end));
    }
    return names;
}

// Of a file that cannot be read, nothing: the others are to be found nevertheless.
std::string text_of(const fs::path& file) try {
    return read_file(file);
} catch (const std::runtime_error&) {
    return {};
}

// "earlier/03_yield/scoped.hpp" is the solution's, and everything else is in common/.
std::optional<fs::path> find_include(const fs::path& root, const std::string& name) {
    constexpr std::string_view earlier = "earlier/";
    const fs::path path = name.starts_with(earlier)
                              ? fs::path("solutions") / name.substr(earlier.size())
                              : fs::path("common") / name;
    if (!fs::is_regular_file(root / path)) return std::nullopt;
    return path;
}

std::vector<LessonFile> find_files(const fs::path& root, const std::string& stem) {
    std::vector<LessonFile> edited;
    std::vector<LessonFile> read;
    std::set<fs::path> included;
    const fs::path folder = fs::path("lessons") / stem;
    for (const fs::path& file : files_in(root / folder)) {
        const std::string text = text_of(file);
        const fs::path right = root / "solutions" / stem / file.filename();
        const bool same = fs::is_regular_file(right) && text_of(right) == text;
        LessonFile entry{folder / file.filename(), LessonFile::Role::edit, first_sentence(text)};
        if (same) entry.role = LessonFile::Role::read;
        (same ? read : edited).push_back(std::move(entry));
        for (const std::string& name : quoted_includes(text)) {
            if (fs::exists(root / folder / name)) continue;
            if (const auto path = find_include(root, name)) included.insert(*path);
        }
    }
    // An answer may need something of common/ that the starter does without.
    for (const fs::path& file : files_in(root / "solutions" / stem)) {
        for (const std::string& name : quoted_includes(text_of(file))) {
            if (fs::is_regular_file(root / "common" / name))
                included.insert(fs::path("common") / name);
        }
    }
    std::vector<LessonFile> files = std::move(edited);
    files.insert(files.end(), read.begin(), read.end());
    for (const fs::path& path : included) {
        files.push_back({path, LessonFile::Role::read, first_sentence(text_of(root / path))});
    }
    const fs::path test = fs::path("tests") / (stem + ".cpp");
    if (fs::exists(root / test)) {
        files.push_back(
            {test, LessonFile::Role::leave_alone, first_sentence(text_of(root / test))});
    }
    return files;
}

// "# 01 · The global session" and "**Time:** 25 minutes".
void read_chapter(const std::string& text, Lesson& lesson) {
    const std::vector<std::string_view> lines = lines_of(text);
    const std::string head = "# " + lesson.number + " · ";
    if (!lines.empty() && lines.front().starts_with(head)) {
        lesson.title = trimmed(lines.front().substr(head.size()));
    }
    const std::string_view time = "**Time:**";
    const auto line = std::find_if(lines.begin(), lines.end(),
                                   [&](std::string_view each) { return each.starts_with(time); });
    if (line != lines.end()) lesson.time = trimmed(line->substr(time.size()));
    lesson.stages = stages_in(text);
}

}  // namespace

std::vector<Lesson> find_lessons(const fs::path& root) {
    std::vector<Lesson> lessons;
    for (const fs::path& test : files_in(root / "tests")) {
        const std::string stem = test.stem().string();
        if (test.extension() != ".cpp" || !is_stem(stem)) continue;
        Lesson lesson;
        lesson.stem = stem;
        lesson.number = stem.substr(0, 2);
        lesson.title = replaced(stem.substr(3), "_", " ");  // until there is a chapter
        lesson.chapter = root / "book" / (stem + ".md");
        lesson.files = find_files(root, stem);
        if (fs::exists(lesson.chapter)) read_chapter(text_of(lesson.chapter), lesson);
        lessons.push_back(std::move(lesson));
    }
    if (lessons.empty()) {
        throw std::runtime_error(root.string() +
                                 " has no lessons: it should have tests, tests/NN_name.cpp");
    }
    return lessons;
}

std::vector<std::string> folders_without_tests(const fs::path& root) {
    std::vector<std::string> names;
    if (!fs::is_directory(root / "lessons")) return names;
    for (const auto& entry : fs::directory_iterator(root / "lessons")) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory() && begins_as_stem(name) &&
            !fs::exists(root / "tests" / (name + ".cpp")))
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace tools
