#include "tutor/watch/state.hpp"

#include <utility>

namespace tutor {

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

const Round& worth_reading(const WatchState& state) {
    return state.round.says_something() ? state.round : state.said;
}

}  // namespace tutor
