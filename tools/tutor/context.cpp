#include "tutor/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "tutor/exit_status.hpp"
#include "tutor/standing.hpp"
#include "tutor/starters.hpp"

namespace fs = std::filesystem;

namespace tutor {
namespace {

bool is_number(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool has_number(const tools::Lesson& lesson, const std::string& wanted) {
    return std::string(2 - std::min<std::size_t>(wanted.size(), 2), '0') + wanted == lesson.number;
}

// 01_global_session, global_session; or a path to anything of the lesson's, as a shell completes
// it: lessons/01_global_session/, ./tests/01_global_session.cpp.
bool is_called(const tools::Lesson& lesson, const std::string& wanted) {
    if (is_number(wanted)) return has_number(lesson, wanted);
    if (wanted == lesson.stem.substr(3)) return true;
    const fs::path path(wanted);
    return std::any_of(path.begin(), path.end(), [&](const fs::path& part) {
        const bool is_file = part.extension() == ".cpp" || part.extension() == ".md";
        return (is_file ? part.stem() : part) == lesson.stem;
    });
}

// global: the beginning of a word in its name.
bool could_be_called(const tools::Lesson& lesson, const std::string& wanted) {
    return !is_number(wanted) && wanted.find('/') == std::string::npos &&
           ("_" + lesson.stem).find("_" + wanted) != std::string::npos;
}

std::vector<const tools::Lesson*> lessons_that(
    const std::vector<tools::Lesson>& lessons,
    const std::function<bool(const tools::Lesson&)>& it_is_so) {
    std::vector<const tools::Lesson*> found;
    for (const tools::Lesson& lesson : lessons) {
        if (it_is_so(lesson)) found.push_back(&lesson);
    }
    return found;
}

void warn_of_folders_without_tests(const fs::path& root) {
    for (const std::string& name : tools::folders_without_tests(root)) {
        warn(fmt::format("lessons/{0} is ignored: there is no tests/{0}.cpp.", name));
    }
}

}  // namespace

Context open_context(const fs::path& root, const Screen& screen) {
    keep_starters(root);
    Context context = {
        root, screen, tools::find_lessons(root),
        Progress(fs::proximate(root / ".learn"), [](std::string_view word) { warn(word); })};
    std::vector<std::string> stems;
    for (const tools::Lesson& lesson : context.lessons) stems.push_back(lesson.stem);
    context.progress.follow_renamed(stems);
    warn_of_folders_without_tests(root);
    return context;
}

const tools::Lesson* current_lesson(Context& context) {
    const tools::Lesson* skipped = nullptr;
    for (const tools::Lesson& lesson : context.lessons) {
        if (context.progress.is_done(lesson.stem)) continue;
        if (!context.progress.is_skipped(lesson.stem)) return &lesson;
        if (skipped == nullptr) skipped = &lesson;
    }
    return skipped;
}

const tools::Lesson* next_lesson(Context& context, const tools::Lesson& lesson) {
    for (const tools::Lesson& each : context.lessons) {
        const bool open =
            !context.progress.is_done(each.stem) && !context.progress.is_skipped(each.stem);
        if (each.stem > lesson.stem && open) return &each;
    }
    return current_lesson(context);
}

const tools::Lesson& find_lesson(Context& context, const std::string& wanted) {
    if (wanted.empty()) {
        if (const tools::Lesson* lesson = current_lesson(context)) return *lesson;
        throw WrongUse("All lessons are done, so say which one you mean: a number, such as " +
                       context.lessons.back().number + ".");
    }
    auto found =
        lessons_that(context.lessons, [&](const auto& each) { return is_called(each, wanted); });
    if (found.empty()) {
        found = lessons_that(context.lessons,
                             [&](const auto& each) { return could_be_called(each, wanted); });
    }
    if (found.size() == 1) return *found.front();
    if (found.empty()) {
        throw WrongUse(fmt::format(
            "There is no lesson {}. The lessons are {} to {}; ./learn list shows their names.",
            wanted, context.lessons.front().number, context.lessons.back().number));
    }
    std::string names;
    for (const tools::Lesson* each : found) {
        names += fmt::format("{}{}", names.empty() ? "" : " or ", each->stem);
    }
    throw WrongUse(fmt::format("{} could be {}: say which.", wanted, names));
}

std::string_view state_of(Context& context, const tools::Lesson& lesson,
                          const tools::Lesson* current) {
    if (context.progress.is_done(lesson.stem)) return "done";
    if (&lesson == current) return "current";
    return context.progress.is_skipped(lesson.stem) ? "skipped" : "open";
}

std::string state_in_words(Context& context, const tools::Lesson& lesson,
                           const tools::Lesson* current) {
    const std::string state(state_of(context, lesson, current));
    if (state == "done") return context.progress.red(lesson.stem).empty() ? state : "done, now red";
    const int stage = stage_reached(context, lesson);
    if (state == "skipped" || stage == 0) return state;
    return fmt::format("stage {} of {}", stage, lesson.stages.size());
}

std::string name_of(const tools::Lesson& lesson) {
    return fmt::format("{}, {}", lesson.number, lesson.title);
}

std::string chapter_of(const Context& context, const tools::Lesson& lesson) {
    return lesson.chapter.lexically_proximate(context.root).string();
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
