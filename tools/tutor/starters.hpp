// The starters as the course hands them out. tests/starters.sha256 knows each of their files by its
// hash; copies are kept in .learn/starters under those hashes, so that `reset` has them also where
// there is no git and after an update.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "course/course.hpp"

namespace tutor {

using Files = std::map<std::string, std::string>;  // name → text

// Copies what is not copied yet of the starters that nobody has edited. What cannot be copied is
// not: `starter_of` says so when it matters. Throws nothing.
void keep_starters(const std::filesystem::path& root) noexcept;

// Whether its files are, byte for byte, those that were handed out. False when that is not known.
bool is_untouched(const std::filesystem::path& root, const tools::Lesson& lesson);

// Those that were handed out and are not there, from the root; a lesson may do without some.
std::vector<std::string> files_gone(const std::filesystem::path& root, const tools::Lesson& lesson);

// The lesson's files as they were handed out: from the copies, or out of git's history. Throws
// WrongUse, which says why they cannot be had.
Files starter_of(const std::filesystem::path& root, const tools::Lesson& lesson);

// Writes those files into the folder, where it is to be built beside the learner's own. Leaves alone
// what is there already, so that it is not compiled again. Throws as starter_of() does.
void lay_out_starter(const std::filesystem::path& root, const tools::Lesson& lesson,
                     const std::filesystem::path& folder);

// Writes into tests/starters.sha256 that the lesson's files are to be as they are now.
void record_starter(const std::filesystem::path& root, const std::string& stem);

}  // namespace tutor
