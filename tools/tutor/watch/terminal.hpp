// The terminal that the watch is drawn on: taken over, and given back as it was.
#pragma once

#include <cstddef>
#include <string_view>

namespace tutor {

struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
    bool operator==(const Size&) const = default;
};

// Standard input and output are a terminal whose cursor can be moved. Keys come one by one and are
// not shown; Ctrl-C and Ctrl-Z stay signals. One at a time.
class RawTerminal {
 public:
    // Throws std::runtime_error.
    RawTerminal();
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal();

    void give_back();
    // Also when somebody has changed it behind our back.
    void take();

    Size size() const;
    // What fills the screen, from its first line on.
    void draw(std::string_view frame) const;

    // Whether Ctrl-C and Ctrl-Z are keys like others, "\x03" and "\x1a".
    void ctrl_c_is_a_key(bool yes);

    // Gives it back, from any state; nothing when there is none. Safe in a signal handler.
    static void rescue();
};

// Writes it all to standard output, at once. False when nobody is there to read it.
bool write_out(std::string_view text);

}  // namespace tutor
