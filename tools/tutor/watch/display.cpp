#include "tutor/watch/display.hpp"

#include <algorithm>
#include <clocale>
#include <string>

namespace tutor {

Display::Display(WatchState& state) : state_(state) {
    std::setlocale(LC_CTYPE, "C.UTF-8");  // for the width of characters
    if (state_.screen.moves()) {
        state_.terminal.emplace();
        painter_.emplace(*state_.terminal);
    }
    measure();
}

Display::~Display() {
    fit_text_to(std::string::npos);
}

void Display::draw(View& view) {
    Frame& frame = state_.frame;
    if (state_.stale) {
        frame.body = view.body();
        state_.stale = false;
    }
    frame.title = view.title();
    frame.note = state_.note;
    frame.keys = view.keys();
    frame.remark = state_.changes->remark();
    if (!state_.terminal) {
        // Once, when it is worth it: what is printed stays.
        const bool busy = state_.view == ViewName::lesson && !state_.round.is_over();
        if (!busy) line_printer_.show(frame, has_utf8());
        return;
    }
    const std::size_t height = body_height(frame, state_.size, has_utf8());
    const std::size_t last = frame.body.size() - std::min(frame.body.size(), height);
    frame.top = std::min(view.top(height, last), last);
    painter_->paint(lay_out(frame, state_.size, has_utf8()), state_.size);
}

void Display::refresh() {
    if (!state_.terminal) return;
    painter_->forget();
    measure();
}

std::size_t Display::page() const {
    if (!state_.terminal) return 1;
    const std::size_t height = body_height(state_.frame, state_.size, has_utf8());
    return height > 2 ? height - 1 : 1;
}

void Display::give_back() {
    line_printer_.forget();
    if (state_.terminal) state_.terminal->give_back();
}

void Display::take() {
    if (state_.terminal) state_.terminal->take();
    refresh();
}

void Display::measure() {
    state_.size = state_.terminal ? state_.terminal->size() : Size{100, 24};
    fit_text_to(state_.size.columns);
    state_.stale = true;
}

}  // namespace tutor
