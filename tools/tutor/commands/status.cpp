// ./learn without a verb and without a terminal: where the learner stands, and what to do next.
#include <fmt/format.h>

#include <algorithm>

#include "text/wrap.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/standing.hpp"

namespace tutor {
namespace {

void show_lessons(Context& context, const tools::Lesson* current) {
    std::size_t title = 0;
    std::size_t state = 0;
    for (const tools::Lesson& lesson : context.lessons) {
        title = std::max(title, tools::columns_of(lesson.title));
        state = std::max(state, state_in_words(context, lesson, current).size());
    }
    for (const tools::Lesson& lesson : context.lessons) {
        const bool here = &lesson == current;
        const std::string line =
            fmt::format("{} {}  {:<{}}  {:<{}}  {}", here ? ">" : " ", lesson.number, lesson.title,
                        title, state_in_words(context, lesson, current), state, lesson.time);
        const bool done = context.progress.is_done(lesson.stem);
        context.screen.line(here   ? context.screen.strong(line)
                            : done ? context.screen.good(line)
                                   : line);
    }
    context.screen.line();
}

void show_current(Context& context, const tools::Lesson& lesson) {
    const Screen& screen = context.screen;
    show_place(context, lesson);
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

Status show_status(Context& context) {
    const tools::Lesson* current = current_lesson(context);
    const auto done = std::count_if(
        context.lessons.begin(), context.lessons.end(),
        [&](const tools::Lesson& lesson) { return context.progress.is_done(lesson.stem); });
    context.screen.line(
        fmt::format("leaklings: {} of {} lessons are done.", done, context.lessons.size()));
    context.screen.line();
    show_lessons(context, current);
    if (current != nullptr) {
        show_current(context, *current);
    } else {
        context.screen.line(
            "You have done them all. ./learn test NN runs one again, after a change.");
    }
    return all_well;
}

}  // namespace tutor
