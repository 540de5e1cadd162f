#include "tutor/watch/state.hpp"

#include <fmt/format.h>

#include <utility>

#include "tutor/watch/run_round.hpp"

namespace tutor {

WatchState::WatchState(Context& of_course) : Watched(of_course), screen(of_course.screen) {
    changed = [this] { stale = true; };
    began = [this] {
        if (!terminal) write_out(fmt::format("\n{}: building ...\n", name_of(*lesson)));
    };
}

std::string capture(WatchState& state, const std::function<void()>& speak) {
    state.captured.clear();
    speak();
    return std::exchange(state.captured, {});
}

void switch_to(WatchState& state, ViewName view) {
    // While the shop is shown, Ctrl-C is for the shop.
    const bool is_server = view == ViewName::server;
    if (state.terminal && (is_server || state.view == ViewName::server))
        state.terminal->ctrl_c_is_a_key(is_server);
    state.view = view;
    state.frame.top = 0;
    state.stale = true;
}

void open_lesson(WatchState& state, const tools::Lesson& lesson) {
    switch_to(state, ViewName::lesson);
    watch_lesson(state, lesson);
}

}  // namespace tutor
