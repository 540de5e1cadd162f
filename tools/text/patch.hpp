// Reading and applying what text/diff.hpp writes: a unified diff, as `diff -u` has it. Exact: what
// does not fit is refused, never guessed.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// In words, with the line of the diff.
class PatchError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

struct Hunk {
    std::size_t line = 0;  // of the diff, from 1
    std::size_t at = 0;    // the first line that it speaks of in the text before, from 1
    std::vector<std::string_view> before;
    std::vector<std::string_view> after;
};

// What a diff says of one file. The views are into the diff.
struct FilePatch {
    std::string_view before;  // the path in its line "--- ", or /dev/null
    std::string_view after;   // the path in its line "+++ "
    std::vector<Hunk> hunks;

    // Whether it has all of the text, and replaces what there was before.
    bool is_whole() const { return before == "/dev/null"; }
};

struct Patch {
    std::string_view opening;  // what stands before the first "--- "
    std::vector<FilePatch> files;
};

// An empty line is taken for one that has lost its blank. Throws PatchError.
Patch read_patch(std::string_view diff);

// `text` with the hunks applied. Each stands where it says, or where the one place is that it fits,
// behind the hunk before. Throws PatchError, with the hunk, what it expects and what is there; also
// when a text has carriage returns, or does not end with a line end.
std::string applied(const FilePatch& patch, std::string_view text);

}  // namespace tools
