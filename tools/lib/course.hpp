// The course as it lies on the disk. Lessons are found by their folders and listed nowhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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
    std::filesystem::path chapter;  // book/01_global_session.md, whether it is there or not
    std::vector<LessonFile> files;  // to edit: differs from the solution's; to read: the same
                                    // there, and what the lesson's files include by "…" out of
                                    // common/ and earlier lessons; to leave alone: the test file
};

// In order. Throws std::runtime_error when `root` has no lessons.
std::vector<Lesson> find_lessons(const std::filesystem::path& root);

}  // namespace tools
