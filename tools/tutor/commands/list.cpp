// list: the lessons, for people or for programs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "text/wrap.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/standing.hpp"

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

nlohmann::ordered_json to_json(Context& context, const tools::Lesson& lesson,
                               const tools::Lesson* current) {
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    for (const tools::LessonFile& file : lesson.files) {
        files.push_back({{"path", file.path.string()},
                         {"role", name_of_role(file.role)},
                         {"purpose", file.purpose}});
    }
    nlohmann::ordered_json stages = nlohmann::ordered_json::array();
    for (const tools::Stage& stage : lesson.stages) {
        stages.push_back(
            {{"stage", stage.number}, {"title", stage.title}, {"minutes", stage.minutes}});
    }
    return {{"number", lesson.number},
            {"stem", lesson.stem},
            {"title", lesson.title},
            {"time", lesson.time},
            {"state", state_of(context, lesson, current)},
            {"stage", stage_reached(context, lesson)},
            {"stages", std::move(stages)},
            {"red", context.progress.red(lesson.stem)},
            {"chapter", chapter_of(context, lesson)},
            {"files", std::move(files)}};
}

Status list(Context& context, bool json) {
    const tools::Lesson* current = current_lesson(context);
    if (json) {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (const tools::Lesson& lesson : context.lessons) {
            all.push_back(to_json(context, lesson, current));
        }
        context.screen.line(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
        return all_well;
    }
    std::size_t stem = 0;
    std::size_t title = 0;
    std::size_t state = 0;
    for (const tools::Lesson& lesson : context.lessons) {
        stem = std::max(stem, lesson.stem.size());
        title = std::max(title, tools::columns_of(lesson.title));
        state = std::max(state, state_in_words(context, lesson, current).size());
    }
    for (const tools::Lesson& lesson : context.lessons) {
        context.screen.line(
            fmt::format("{:<{}}  {:<{}}  {:<{}}  {}", lesson.stem, stem, lesson.title, title,
                        state_in_words(context, lesson, current), state, lesson.time));
        for (const std::string& test : context.progress.is_done(lesson.stem)
                                           ? context.progress.red(lesson.stem)
                                           : std::vector<std::string>())
            context.screen.line(fmt::format("    red now: {}", test));
        for (const std::string& file : files_to_edit(lesson)) {
            context.screen.line(fmt::format("    {}:1", file));
        }
    }
    return all_well;
}

}  // namespace

void add_list(CLI::App& app, Request& request) {
    CLI::App* verb = app.add_subcommand("list", "The lessons, their states and files");
    const auto json = std::make_shared<bool>(false);
    verb->add_flag("--json", *json, "As JSON");
    request_action(*verb, request, [json](Context& context) { return list(context, *json); });
}

}  // namespace tutor
