// As much of Markdown as the book is written in: its lines and what they are part of. Lines are
// numbered from 1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// Keeps track, line by line, of whether one is inside a code fence.
class Fences {
 public:
    enum class Part { none, edge, inside };

    // Of the next line: an edge is one of the two lines that make the fence.
    Part part_of(std::string_view line);
    // Whether the next line belongs to a fence.
    bool covers(std::string_view line) { return part_of(line) != Part::none; }

 private:
    std::string open_;  // the backticks or tildes that opened it, or nothing
};

struct Heading {
    int level = 0;
    std::string text;
    std::size_t line = 0;
};

// The headings that are written with #, outside of code.
std::vector<Heading> headings_of(std::string_view markdown);

// Lines from `begin` up to `end`, which is none of them.
struct LineSpan {
    std::size_t begin = 0;
    std::size_t end = 0;

    bool is_empty() const { return begin >= end; }
    bool contains(std::size_t line) const { return line >= begin && line < end; }
};

// From a heading of the second level, such as "Hints", up to the next one.
// Empty when there is none.
LineSpan section_of(std::string_view markdown, std::string_view heading);

// What is folded away: <details><summary>…</summary> … </details>.
struct Details {
    std::size_t line = 0;
    std::string summary;
    std::vector<std::string> lines;  // between the summary and the end
};

// Those outside of code that come to an end.
std::vector<Details> details_of(std::string_view markdown);

// The lines of a code fence around `content`.
std::vector<std::string> fenced(std::string_view language, std::string_view content);

}  // namespace tools
