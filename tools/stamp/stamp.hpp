// What some files are at this moment, as a text. Where the text is the same as before, so are the
// bytes, and nobody has touched them in between;
// what their times say of their order does not matter.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stamp {

struct File {
    std::filesystem::path path;  // from the root
    std::string hash;            // of its bytes
    std::string line;            // size, inode, both times, the hash, and its path
    std::string includes;        // those of its lines that include something
};
using Files = std::vector<File>;

// The files in these places, each a file or a folder with all below it, ordered by path. Left out
// is what editors keep beside a file. Waits a moment when one was changed just now: a change right
// after it would have the same time.
Files look(const std::filesystem::path& root, const std::vector<std::filesystem::path>& places);

// Of these, `source` and what it can include: what is named by it, or by one that is.
Files seen_from(const std::filesystem::path& source, const Files& files);

std::string text_of(const Files& files);

// The files in which two of those texts differ.
std::vector<std::string> differences(const std::string& before, const std::string& after);

// All that is in a file; nothing where it cannot be read.
std::string read(const std::filesystem::path& file);

// Of bytes. After FNV-1a, eight at a time: nobody is to be kept out, a change is to be seen.
std::string hash(std::string_view bytes);

// Of a single file, without looking at its bytes: it is another when somebody has written it.
std::string identity_of(const std::filesystem::path& file);

}  // namespace stamp
