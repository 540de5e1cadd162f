// What every verb has before it: the course in a folder, the learner's progress, the screen.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "course.hpp"
#include "progress.hpp"
#include "screen.hpp"

namespace tutor {

struct Desk {
    std::filesystem::path root;
    Screen screen;
    std::vector<tools::Lesson> lessons;  // never empty
    Progress progress;

    // The preset that the learner's own files are built with.
    std::filesystem::path build() const { return root / "build" / "lessons"; }
};

// Throws std::runtime_error when there is no course in `root`.
Desk open_desk(const std::filesystem::path& root, const Screen& screen);

// The first lesson that is neither done nor skipped; when there is none, the first that was
// skipped; null when all are done.
const tools::Lesson* current_lesson(Desk& desk);

// `wanted` may be 1, 01, 01_global_session or global_session; empty means the current lesson.
// Throws WrongUse.
const tools::Lesson& find_lesson(Desk& desk, const std::string& wanted);

// As a person calls it: "01, The global session".
std::string name_of(const tools::Lesson& lesson);
// From the root, such as book/01_global_session.md, to be clicked.
std::string chapter_of(const Desk& desk, const tools::Lesson& lesson);
// The files that are the learner's to edit, from the root.
std::vector<std::string> files_to_edit(const tools::Lesson& lesson);

}  // namespace tutor
