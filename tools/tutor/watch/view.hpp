// One of the things that the watch shows: what is on the screen then, and what the keys do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tutor/watch/state.hpp"

namespace tutor {

// What a view asks of the loop when it has been given a key.
enum class AfterKey {
    stay,
    back,             // to the lesson
    back_with_a_key,  // to the lesson, which is given the key
};

class View {
 public:
    // The state must live longer.
    explicit View(WatchState& state) : state_(state) {}
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    virtual ~View() = default;

    virtual std::string title() const = 0;
    // In lines that fit the terminal.
    virtual std::vector<std::string> body() = 0;
    // What can be pressed, and what it does.
    virtual std::vector<std::string> keys() const = 0;
    virtual AfterKey press(int key) = 0;

    // Whether the key moves through the body, and then it has; a page has that many lines.
    virtual bool scroll(int key, std::size_t page);
    // The first line of the body to be seen, when that many are, and the last page begins at
    // `last`. By default where the keys have left it.
    virtual std::size_t top(std::size_t height, std::size_t last) const;
    // Another view takes its place. What runs for it ends.
    virtual void close() {}

 protected:
    std::vector<std::string> fitted(std::string_view text) const;
    std::string key_line(std::string_view key, std::string_view what) const;
    WatchState& state() const { return state_; }

 private:
    WatchState& state_;
};

// Moves `at`, which is `last` at most, as the arrows and their like do.
// False when the key is none of those.
bool move_by_key(int key, std::size_t page, std::size_t last, std::size_t& at);

}  // namespace tutor
