#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/wrap.hpp"
#include "tutor/commands/commands.hpp"

namespace tutor {
namespace {

std::string_view name_of_role(tools::LessonFile::Role role) {
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
                         {"role", name_of_role(file.role)},
                         {"purpose", file.purpose}});
    }
    return {{"number", lesson.number},
            {"stem", lesson.stem},
            {"title", lesson.title},
            {"time", lesson.time},
            {"state", state_of(desk, lesson, current)},
            {"red", desk.progress.red(lesson.stem)},
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
    std::size_t state = 0;
    for (const tools::Lesson& lesson : desk.lessons) {
        stem = std::max(stem, lesson.stem.size());
        title = std::max(title, tools::columns_of(lesson.title));
        state = std::max(state, state_in_words(desk, lesson, current).size());
    }
    for (const tools::Lesson& lesson : desk.lessons) {
        desk.screen.line(fmt::format("{:<{}}  {:<{}}  {:<{}}  {}", lesson.stem, stem, lesson.title,
                                     title, state_in_words(desk, lesson, current), state,
                                     lesson.time));
        for (const std::string& test : desk.progress.is_done(lesson.stem)
                                           ? desk.progress.red(lesson.stem)
                                           : std::vector<std::string>())
            desk.screen.line(fmt::format("    red now: {}", test));
        for (const std::string& file : files_to_edit(lesson)) {
            desk.screen.line(fmt::format("    {}:1", file));
        }
    }
    return all_well;
}

}  // namespace tutor
