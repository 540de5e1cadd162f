#include "tutor/watch/text_view.hpp"

#include <utility>

#include "tutor/exit_status.hpp"
#include "tutor/watch/keys.hpp"

namespace tutor {

void TextView::show(std::string title, std::string text) {
    title_ = std::move(title);
    text_ = std::move(text);
    switch_to(state(), ViewName::text);
}

std::string TextView::title() const {
    return state().screen.strong(title_);
}

std::vector<std::string> TextView::body() {
    return fitted(text_);
}

std::vector<std::string> TextView::keys() const {
    return {key_line("h", "next hint"), key_line("Esc", "back"), key_line("q", "quit")};
}

AfterKey TextView::press(int key) {
    if (key == 'q') {
        state().status = all_well;
        return AfterKey::stay;
    }
    return key == key_escape || key == key_enter ? AfterKey::back : AfterKey::back_with_a_key;
}

}  // namespace tutor
