// Keeping Ninja from taking older copies for what it has compiled, and from missing new files.
#pragma once

#include <filesystem>

namespace tutor {

// What the lessons share, their tests and the tests' support are compiled again when they are newer
// than what was made of them. A file of theirs that has other bytes than at the build before, and
// an older time (out of an archive, from a backup), gets the present time. In `record` is what
// there was. What cannot be done is not. Throws nothing.
void freshen(const std::filesystem::path& root, const std::filesystem::path& record) noexcept;

// In the build folder is a file that CMake touches when there are new files, or some are gone, and
// Ninja then runs CMake. Ended just then, Ninja takes it away, and new files are never seen again,
// because CMake makes no other. This does. What cannot be done is not. Throws nothing.
void keep_seeing_new_files(const std::filesystem::path& build) noexcept;

}  // namespace tutor
