#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "verbs.hpp"

namespace tutor {
namespace {

std::string_view state_of(Desk& desk, const tools::Lesson& lesson, const tools::Lesson* current) {
    if (desk.progress.is_done(lesson.stem)) return "done";
    if (&lesson == current) return "current";
    return desk.progress.is_skipped(lesson.stem) ? "skipped" : "open";
}

std::string_view name_of(tools::LessonFile::Role role) {
    switch (role) {
        case tools::LessonFile::Role::edit:
            return "edit";
        case tools::LessonFile::Role::read:
            return "read";
        case tools::LessonFile::Role::leave_alone:
            return "leave alone";
    }
    return "";
}

nlohmann::ordered_json to_json(Desk& desk, const tools::Lesson& lesson,
                               const tools::Lesson* current) {
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    for (const tools::LessonFile& file : lesson.files) {
        files.push_back({{"path", file.path.string()},
                         {"role", name_of(file.role)},
                         {"purpose", file.purpose}});
    }
    return {{"number", lesson.number},
            {"stem", lesson.stem},
            {"title", lesson.title},
            {"time", lesson.time},
            {"state", state_of(desk, lesson, current)},
            {"chapter", chapter_of(desk, lesson)},
            {"files", std::move(files)}};
}

}  // namespace

Status list(Desk& desk, bool json) {
    const tools::Lesson* current = current_lesson(desk);
    if (json) {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const tools::Lesson& lesson : desk.lessons) {
            all.push_back(to_json(desk, lesson, current));
        }
        desk.screen.line(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
        return all_well;
    }
    std::size_t stem = 0;
    std::size_t title = 0;
    for (const tools::Lesson& lesson : desk.lessons) {
        stem = std::max(stem, lesson.stem.size());
        title = std::max(title, lesson.title.size());
    }
    for (const tools::Lesson& lesson : desk.lessons) {
        desk.screen.line(fmt::format("{:<{}}  {:<{}}  {:<7}  {}", lesson.stem, stem, lesson.title,
                                     title, state_of(desk, lesson, current), lesson.time));
        for (const std::string& file : files_to_edit(lesson)) {
            desk.screen.line(fmt::format("    {}:1", file));
        }
    }
    return all_well;
}

}  // namespace tutor
