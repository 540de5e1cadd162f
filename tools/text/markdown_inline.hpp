// What Markdown makes of the text within a line.
#pragma once

#include <string>
#include <string_view>

namespace tools {

// What GitHub makes of a heading as an anchor. A second heading of the same text gets "-1", which
// is added by those who count them.
std::string anchor_of(std::string_view heading);

// A line without its `code`: as many blanks instead.
std::string without_code(std::string_view line);

// Whether there is a letter or a digit in it.
bool is_word(std::string_view text);

// Plain text, written so that Markdown shows it as it is.
std::string escaped(std::string_view text);

}  // namespace tools
