#include "desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "starters.hpp"
#include "status.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

bool is_number(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_called(const tools::Lesson& lesson, const std::string& wanted) {
    if (is_number(wanted))
        return std::string(2 - std::min<std::size_t>(wanted.size(), 2), '0') + wanted ==
               lesson.number;
    return wanted == lesson.stem || wanted == lesson.stem.substr(3);
}

}  // namespace

Desk open_desk(const fs::path& root, const Screen& screen) {
    keep_starters(root);
    return {root, screen, tools::find_lessons(root),
            Progress(fs::proximate(root / ".learn"), [](std::string_view word) { warn(word); })};
}

const tools::Lesson* current_lesson(Desk& desk) {
    const tools::Lesson* skipped = nullptr;
    for (const tools::Lesson& lesson : desk.lessons) {
        if (desk.progress.is_done(lesson.stem)) continue;
        if (!desk.progress.is_skipped(lesson.stem)) return &lesson;
        if (skipped == nullptr) skipped = &lesson;
    }
    return skipped;
}

const tools::Lesson& find_lesson(Desk& desk, const std::string& wanted) {
    if (wanted.empty()) {
        if (const tools::Lesson* lesson = current_lesson(desk)) return *lesson;
        throw WrongUse("All lessons are done, so say which one you mean: a number, such as " +
                       desk.lessons.back().number + ".");
    }
    const auto lesson =
        std::find_if(desk.lessons.begin(), desk.lessons.end(),
                     [&](const tools::Lesson& each) { return is_called(each, wanted); });
    if (lesson != desk.lessons.end()) return *lesson;
    throw WrongUse(fmt::format(
        "There is no lesson {}. The lessons are {} to {}; ./learn list shows their names.", wanted,
        desk.lessons.front().number, desk.lessons.back().number));
}

std::string name_of(const tools::Lesson& lesson) {
    return fmt::format("{}, {}", lesson.number, lesson.title);
}

std::string chapter_of(const Desk& desk, const tools::Lesson& lesson) {
    return lesson.chapter.lexically_proximate(desk.root).string();
}

std::vector<std::string> files_to_edit(const tools::Lesson& lesson) {
    std::vector<std::string> edit;
    std::vector<std::string> own;  // instead, when the lesson is solved as its solution is
    for (const tools::LessonFile& file : lesson.files) {
        if (file.role == tools::LessonFile::Role::edit) edit.push_back(file.path.string());
        if (file.path.parent_path() == fs::path("lessons") / lesson.stem) {
            own.push_back(file.path.string());
        }
    }
    return edit.empty() ? own : edit;
}

}  // namespace tutor
