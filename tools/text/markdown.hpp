// As much of Markdown as the chapters need.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace check {

// Keeps track, line by line, of whether one is inside a code fence.
class Fences {
 public:
    // Whether this line belongs to a fence, the two lines that make it included.
    bool covers(std::string_view line);

 private:
    std::string open_;  // the backticks that opened it, or nothing
};

struct Heading {
    int level = 0;
    std::string text;
    std::size_t line = 0;  // from 1
};

// The headings that are written with #, outside of code.
std::vector<Heading> headings_of(std::string_view markdown);

// What GitHub makes of a heading as an anchor; a second heading of the same text gets "-1" from
// whoever counts them.
std::string anchor_of(std::string_view heading);

// A line without its `code`: as many blanks instead.
std::string without_code(std::string_view line);

// Whether there is a letter or a digit in it.
bool is_word(std::string_view text);

// Plain text, written so that Markdown shows it as it is.
std::string escaped(std::string_view text);

// The lines of a code fence around `content`.
std::vector<std::string> fenced(std::string_view language, std::string_view content);

}  // namespace check
