#include "tutor/watch/view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text/wrap.hpp"
#include "tutor/watch/keys.hpp"

namespace tutor {

bool View::scroll(int key, std::size_t page) {
    return move_by_key(key, page, state_.frame.body.size(), state_.frame.top);
}

std::size_t View::top(std::size_t /*height*/, std::size_t /*last*/) const {
    return state_.frame.top;
}

std::vector<std::string> View::fitted(std::string_view text) const {
    return tools::wrap(text, {state_.size.columns, state_.screen.has_utf8()});
}

std::string View::key_line(std::string_view key, std::string_view what) const {
    return fmt::format("{} {}", state_.screen.strong(key), what);
}

bool move_by_key(int key, std::size_t page, std::size_t last, std::size_t& at) {
    const auto up = [&](std::size_t by) { at -= std::min(by, at); };
    const auto down = [&](std::size_t by) { at = std::min(at + by, last); };
    switch (key) {
        case key_up:
            up(1);
            return true;
        case key_down:
            down(1);
            return true;
        case key_page_up:
        case 'b':
            up(page);
            return true;
        case key_page_down:
        case ' ':
            down(page);
            return true;
        case key_home:
            at = 0;
            return true;
        case key_end:
            at = last;
            return true;
        default:
            return false;
    }
}

}  // namespace tutor
