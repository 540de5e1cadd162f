// The terminal that the watch is shown on, also one that can do little.
#pragma once

#include <cstddef>
#include <optional>

#include "tutor/watch/frame.hpp"
#include "tutor/watch/line_printer.hpp"
#include "tutor/watch/state.hpp"
#include "tutor/watch/view.hpp"

namespace tutor {

// Takes the terminal over, where its cursor can be moved, for as long as it lives.
class Display {
 public:
    // The state must live longer. Throws std::runtime_error.
    explicit Display(WatchState& state);
    Display(const Display&) = delete;
    Display& operator=(const Display&) = delete;
    ~Display();

    // Shows what has changed.
    void draw(View& view);
    // The terminal may have another size, and what it shows may not be ours.
    void refresh();
    // How many lines a page is: what the keys that turn pages move by.
    std::size_t page() const;

    // Somebody else prints on it, until it is taken again.
    void give_back();
    void take();

 private:
    bool has_utf8() const { return state_.screen.has_utf8(); }
    void measure();

    WatchState& state_;
    std::optional<Painter> painter_;  // where there is a terminal that can be drawn on, else:
    LinePrinter line_printer_;
};

}  // namespace tutor
