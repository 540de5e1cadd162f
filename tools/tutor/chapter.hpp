// What the tutor takes out of a lesson's chapter, book/NN_name.md.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tutor {

struct Hint {
    int stage = 0;  // 0: of no stage
    std::string summary;
    std::string text;  // plain: without tags, code indented, lines of at most 100
};

struct Chapter {
    std::string story;        // the italic line below the title, without its stars
    std::vector<Hint> hints;  // the <details> blocks of the section "## Hints", in order
    int why = 1;              // the line of the heading "## Why"
};

// A chapter that is not there, or has no such parts, is an empty one.
Chapter read_chapter(const std::filesystem::path& file);
Chapter parse_chapter(std::string_view markdown);

}  // namespace tutor
