#include <fmt/format.h>

#include <algorithm>

#include "text/wrap.hpp"
#include "tutor/chapter.hpp"
#include "tutor/commands/commands.hpp"

namespace tutor {
namespace {

void show_lessons(Desk& desk, const tools::Lesson* current) {
    std::size_t title = 0;
    std::size_t state = 0;
    for (const tools::Lesson& lesson : desk.lessons) {
        title = std::max(title, tools::columns_of(lesson.title));
        state = std::max(state, state_in_words(desk, lesson, current).size());
    }
    for (const tools::Lesson& lesson : desk.lessons) {
        const bool here = &lesson == current;
        const std::string line =
            fmt::format("{} {}  {:<{}}  {:<{}}  {}", here ? ">" : " ", lesson.number, lesson.title,
                        title, state_in_words(desk, lesson, current), state, lesson.time);
        const bool done = desk.progress.is_done(lesson.stem);
        desk.screen.line(here ? desk.screen.strong(line) : done ? desk.screen.good(line) : line);
    }
    desk.screen.line();
}

void show_current(const Desk& desk, const tools::Lesson& lesson) {
    const Screen& screen = desk.screen;
    screen.line(screen.strong(fmt::format("You are at {}.", name_of(lesson))));
    screen.text(wrapped(read_chapter(lesson.chapter).story));
    screen.line();
    if (!lesson.time.empty()) screen.line(fmt::format("Time:  {}", lesson.time));
    screen.line(fmt::format("Read:  {}:1", chapter_of(desk, lesson)));
    std::string_view label = "Edit:";
    for (const std::string& file : files_to_edit(lesson)) {
        screen.line(fmt::format("{:<6} {}:1", label, file));
        label = "";
    }
    if (files_to_edit(lesson).empty())
        screen.line(fmt::format("Edit:  its files are gone; ./learn reset {} brings them back",
                                lesson.number));
    screen.line();
    screen.line("How to go on:");
    screen.line(fmt::format("  ./learn run {0}    opens the shop, to try what the chapter shows",
                            lesson.number));
    screen.line(fmt::format("  ./learn test {0}   says what is red, and why", lesson.number));
    screen.line(fmt::format("  ./learn hint {0}   helps, a little more each time", lesson.number));
    screen.line("  ./learn --help    everything else");
}

}  // namespace

Status stand(Desk& desk) {
    const tools::Lesson* current = current_lesson(desk);
    const auto done = std::count_if(
        desk.lessons.begin(), desk.lessons.end(),
        [&](const tools::Lesson& lesson) { return desk.progress.is_done(lesson.stem); });
    desk.screen.line(
        fmt::format("leaklings: {} of {} lessons are done.", done, desk.lessons.size()));
    desk.screen.line();
    show_lessons(desk, current);
    if (current != nullptr) {
        show_current(desk, *current);
    } else {
        desk.screen.line("You have done them all. ./learn test NN runs one again, after a change.");
    }
    return all_well;
}

}  // namespace tutor
