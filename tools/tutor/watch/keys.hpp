// What is typed, key by key.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutor {

// A character's number, or one of these.
enum Key : int {
    key_interrupt = 3,  // Ctrl-C, where it is no signal
    key_enter = 13,
    key_suspend = 26,  // Ctrl-Z, where that is none either
    key_escape = 27,
    key_up = 0x110000,
    key_down,
    key_page_up,
    key_page_down,
    key_home,
    key_end,
};

// Takes bytes as the terminal sends them. What is pasted is no key.
class Keys {
 public:
    using Clock = std::chrono::steady_clock;

    std::vector<int> add(std::string_view bytes);
    // Escape alone looks like the beginning of a longer key, until nothing follows it.
    std::vector<int> nothing_follows();
    bool unfinished() const { return !rest_.empty(); }

 private:
    std::optional<int> take(bool nothing_follows);

    std::string rest_;
    bool pasting_ = false;
};

}  // namespace tutor
