// Text of any kind, made to fit a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tutor {

// The columns that it takes: colours take none, wide characters two.
std::size_t columns_of(std::string_view text);

// In lines of at most `columns`, broken between words where there are any; what goes on is
// indented. Colours stay and end with the line. Whatever else could move the cursor or ring the
// bell is gone, so that nothing that a program printed can spoil the screen; without `utf8` all is
// ASCII.
std::vector<std::string> fit(std::string_view text, std::size_t columns, bool utf8);

// The beginning of a line, as much as fits.
std::string cut(std::string_view line, std::size_t columns, bool utf8);

}  // namespace tutor
