#include "tutor/watch/list_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tutor/exit_status.hpp"
#include "tutor/watch/keys.hpp"
#include "tutor/watch/run_round.hpp"

namespace tutor {

void ListView::show() {
    choice_ = static_cast<std::size_t>(state().lesson - state().context.lessons.data());
    switch_to(state(), ViewName::list);
}

std::string ListView::title() const {
    return state().screen.strong("The lessons");
}

std::vector<std::string> ListView::body() {
    std::vector<std::string> body;
    for (std::size_t i = 0; i < state().context.lessons.size(); ++i) {
        const std::vector<std::string> lines = fitted(line_of(i));
        if (i == choice_) choice_lines_ = {body.size(), lines.size()};
        body.insert(body.end(), lines.begin(), lines.end());
    }
    return body;
}

std::vector<std::string> ListView::keys() const {
    return {key_line("Enter", "goes there"), key_line("Esc", "back"), key_line("q", "quit")};
}

AfterKey ListView::press(int key) {
    if (key == key_enter) {
        open_lesson(state(), state().context.lessons[choice_]);
    } else if (key == 'q') {
        state().status = all_well;
    } else {
        return AfterKey::back;
    }
    return AfterKey::stay;
}

bool ListView::scroll(int key, std::size_t page) {
    if (key == 'k') key = key_up;
    if (key == 'j') key = key_down;
    if (!move_by_key(key, page, state().context.lessons.size() - 1, choice_)) return false;
    state().stale = true;
    return true;
}

std::size_t ListView::top(std::size_t height, std::size_t /*last*/) const {
    return top_that_shows(choice_lines_, state().frame.top, height);
}

std::string ListView::line_of(std::size_t number) const {
    const Screen& screen = state().screen;
    std::size_t width = 0;
    for (const tools::Lesson& lesson : state().context.lessons) {
        width = std::max(width, lesson.title.size());
    }
    const tools::Lesson& lesson = state().context.lessons[number];
    const bool done = state().context.progress.is_done(lesson.stem);
    const std::string line =
        fmt::format("{} {}  {:<{}}  {:<4}  {}", number == choice_ ? ">" : " ", lesson.number,
                    lesson.title, width, done ? "done" : "open", lesson.time);
    return number == choice_ ? screen.strong(line) : done ? screen.good(line) : line;
}

}  // namespace tutor
