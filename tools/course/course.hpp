// The course as it lies on the disk.
// Lessons are found by their tests, tests/NN_name.cpp, and listed nowhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "course/stages.hpp"

namespace tools {

struct LessonFile {
    enum class Role { edit, read, leave_alone };
    std::filesystem::path path;  // from the course's root
    Role role = Role::edit;
    std::string purpose;  // the first sentence of its opening comment
};

struct Lesson {
    std::string stem;               // 01_global_session
    std::string number;             // 01
    std::string title;              // from the chapter's first line: "# 01 · The global session"
    std::string time;               // 25 minutes: from the chapter's line "**Time:** 25 minutes"
    std::vector<Stage> stages;      // as the chapter has them; none when it is done in one go
    std::filesystem::path chapter;  // book/01_global_session.md, whether it is there or not
    std::vector<LessonFile> files;  // to edit: differs from the solution's; to read: the same
                                    // there, and what the lesson's files include by "…" out of
                                    // common/ and earlier lessons; to leave alone: the test file
};

// In order; also those whose folder is gone. A file that cannot be read has no purpose. Throws
// std::runtime_error when `root` has no lessons.
std::vector<Lesson> find_lessons(const std::filesystem::path& root);

// What lies in lessons/ under a name like a lesson's, and has no tests: a copy, or what is left of
// a lesson that is now called otherwise.
std::vector<std::string> folders_without_tests(const std::filesystem::path& root);

}  // namespace tools
