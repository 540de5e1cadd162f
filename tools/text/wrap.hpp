// How wide text is on a terminal, and text of any kind made to fit one. Wide characters, and those
// that take no room, are known where LC_CTYPE is UTF-8; elsewhere each takes one column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// The columns that it takes: colours take none, wide characters two.
std::size_t columns_of(std::string_view text);

struct WrapOptions {
    std::size_t columns = 100;  // at most
    bool utf8 = true;           // without, all is ASCII
    bool whole_words = false;   // a word that is longer than a line sticks out
    std::size_t indent = 0;     // blanks before each line of the text
    // Blanks before what goes on of one; nothing: two more than the line itself has.
    std::optional<std::size_t> hanging = std::nullopt;
};

// In lines, broken between words where there are any. Colours stay and end with the line. Anything
// else that could move the cursor or ring the bell is gone, so that nothing that a program printed
// can spoil the screen.
std::vector<std::string> wrap(std::string_view text, const WrapOptions& options);

// The same as one text; each line ends with a line end.
std::string wrapped(std::string_view text, const WrapOptions& options);

// The beginning of a line, as much as fits.
std::string cut(std::string_view line, std::size_t columns, bool utf8);

}  // namespace tools
