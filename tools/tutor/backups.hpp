// Backups of what is taken away from a learner: nothing is, before its backup is there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "course/course.hpp"
#include "tutor/screen.hpp"
#include "tutor/starters.hpp"

namespace tutor {

// Copies `files`, given from the root, into a new folder .learn/kept/<name>.<n> and returns that
// folder, from the root; what cannot be copied, because it cannot be read or is no file, is moved
// there. Throws WrongUse when it cannot.
std::filesystem::path back_up(const std::filesystem::path& root, const std::string& name,
                              const std::vector<std::filesystem::path>& files);

// Makes a lesson's folder hold these files and no others, after a backup of what was there. Returns
// where that backup is, from the root; an empty path when nothing had to be taken away.
std::filesystem::path put_into_lesson(const std::filesystem::path& root, const std::string& stem,
                                      const Files& files);

// Says where the backup is, and how to have the lesson's files back from it.
void show_backup(const Screen& screen, const std::filesystem::path& backup,
                 const tools::Lesson& lesson);

}  // namespace tutor
