// Keeping Ninja from taking older copies for what it has compiled.
#pragma once

#include <filesystem>

namespace tutor {

// What the lessons share, their tests and the tests' support are compiled again when they are newer
// than what was made of them. A file of theirs that has other bytes than at the build before, and
// an older time (out of an archive, from a backup), gets the present time. In `record` is what
// there was. What cannot be done is not. Throws nothing.
void freshen(const std::filesystem::path& root, const std::filesystem::path& record) noexcept;

}  // namespace tutor
