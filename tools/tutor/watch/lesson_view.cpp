#include "tutor/watch/lesson_view.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <utility>

#include "tutor/commands/diff.hpp"
#include "tutor/commands/hint.hpp"
#include "tutor/commands/reset.hpp"
#include "tutor/exit_status.hpp"
#include "tutor/watch/keys.hpp"
#include "tutor/watch/opener.hpp"
#include "tutor/watch/run_round.hpp"

namespace tutor {

std::string LessonView::title() const {
    return title_of(state().screen, state().round, Round::Clock::now());
}

std::vector<std::string> LessonView::body() {
    return fitted(capture(state(), [this] {
        const Round& round = worth_reading(state());
        if (round.says_something()) {
            show_round(state().context, round);
        } else {
            show_welcome(state().context, *state().lesson);
        }
    }));
}

std::vector<std::string> LessonView::keys() const {
    const Round& round = worth_reading(state());
    std::vector<std::string> keys;
    const auto add = [&](std::string_view key, std::string_view what) {
        keys.push_back(key_line(key, what));
    };
    add("h", "hint");
    add("n", "next lesson");
    add("l", "list");
    if (state().round.is_over()) add("Enter", "test again");
    add("r", "run the server");
    add("d", "diff");
    add("x", "reset");
    add("a", "check all");
    if (round.build && !round.build->ok()) add("m", "all it said");
    if (round.red() > 1) add("t", "all red tests");
    if (round.first_red() != nullptr) add("o", "timeline");
    add("q", "quit");
    return keys;
}

AfterKey LessonView::press(int key) {
    const bool confirmed = std::exchange(reset_asked_, false);
    switch (key) {
        case 'q':
            state().status = all_well;
            break;
        case 'h':
            show_verb("A hint", [this] { hint(state().context, state().lesson->stem, false); });
            break;
        case 'n':
            go_to_next();
            break;
        case 'l':
            others_.list.show();
            break;
        case 'r':
            others_.server.start();
            break;
        case 'd':
            show_verb("From your files to the solution's",
                      [this] { diff(state().context, state().lesson->stem); });
            break;
        case 'x':
            confirmed ? put_starter_back() : ask_for_reset();
            break;
        case 'a':
            others_.check_all.start();
            break;
        case 'm':
            show_all_it_said();
            break;
        case 't':
            show_all_red();
            break;
        case 'o':
            open_timeline();
            break;
        case key_enter:
            if (state().round.is_over()) start_round(state(), Round::Clock::now(), false);
            break;
        default:
            break;
    }
    return AfterKey::stay;
}

void LessonView::show_verb(std::string title, const std::function<void()>& verb) try {
    others_.text.show(std::move(title), capture(state(), verb));
} catch (const std::exception& error) {
    state().captured.clear();
    state().note = error.what();
}

// After a lesson that is done, the next that is not; else the one after this.
void LessonView::go_to_next() {
    Context& context = state().context;
    const tools::Lesson& lesson = *state().lesson;
    const bool done = context.progress.is_done(lesson.stem);
    const tools::Lesson* next = done ? next_lesson(context, lesson) : nullptr;
    if (next == nullptr) next = &lesson + 1;
    if (next == context.lessons.data() + context.lessons.size()) {
        state().note = "This is the last lesson.";
        return;
    }
    if (!done) state().note = fmt::format("{} stays open; l goes back to it.", name_of(lesson));
    open_lesson(state(), *next);
}

void LessonView::ask_for_reset() {
    reset_asked_ = true;
    state().note = fmt::format(
        "x again puts the starter back in lessons/{}; what you wrote is kept. Any other key: no.",
        state().lesson->stem);
}

// The files change by it, which begins a round.
void LessonView::put_starter_back() try {
    const std::string name = name_of(*state().lesson);
    const std::filesystem::path backup = reset_lesson(state().context, *state().lesson);
    state().note = backup.empty()
                       ? fmt::format("{}, is as it was handed out.", name)
                       : fmt::format("{}, is as it was handed out. What you wrote is in {}.", name,
                                     backup.string());
    state().said = Round();
} catch (const std::exception& error) {
    state().note = error.what();
}

void LessonView::show_all_it_said() {
    const Round& round = worth_reading(state());
    if (!round.build || round.build->ok()) {
        state().note = "The compiler had nothing to complain about.";
        return;
    }
    others_.text.show("Everything that was said when it was built", round.build->outcome.output);
}

void LessonView::show_all_red() {
    const Round& round = worth_reading(state());
    if (round.red() == 0) {
        state().note = "No test is red.";
        return;
    }
    show_verb(fmt::format("What is red in {}", name_of(*state().lesson)),
              [&] { show_every_red(state().context, round); });
}

void LessonView::open_timeline() {
    const tools::TestResult* red = worth_reading(state()).first_red();
    if (red == nullptr) {
        state().note = "There is a timeline when a test is red.";
        return;
    }
    if (red->page.empty()) {
        state().note = "This test left no timeline.";
        return;
    }
    const std::string name = red->page.lexically_proximate(state().context.root).string();
    state().note = open_in_browser(red->page) ? fmt::format("Opened: {}", name)
                                              : fmt::format("Open it in a browser: {}", name);
}

}  // namespace tutor
