// What every verb has before it: the course in a folder, the learner's progress, the screen.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "course/course.hpp"
#include "tutor/progress.hpp"
#include "tutor/screen.hpp"

namespace tutor {

struct Context {
    std::filesystem::path root;
    Screen screen;
    std::vector<tools::Lesson> lessons;  // never empty
    Progress progress;

    // The preset that the learner's own files are built with.
    std::filesystem::path build() const { return root / "build" / "lessons"; }
};

// Throws std::runtime_error when there is no course in `root`.
Context open_context(const std::filesystem::path& root, const Screen& screen);

// The first lesson that is neither done nor skipped; when there is none, the first that was
// skipped; null when all are done.
const tools::Lesson* current_lesson(Context& context);

// To go on with after `lesson`: the first behind it that is neither done nor skipped; when there is
// none, the current one.
const tools::Lesson* next_lesson(Context& context, const tools::Lesson& lesson);

// `wanted` may be 1, 01, 01_global_session, global_session, the beginning of a word in that, or a
// path to something of the lesson's; empty means the current lesson. Throws WrongUse, also when
// more than one lesson could be meant.
const tools::Lesson& find_lesson(Context& context, const std::string& wanted);

// done, current, skipped or open.
std::string_view state_of(Context& context, const tools::Lesson& lesson,
                          const tools::Lesson* current);
// The same for a person: "stage 2 of 3" when it was begun and has stages; "done, now red" when tests
// are red that were green when it was done.
std::string state_in_words(Context& context, const tools::Lesson& lesson,
                           const tools::Lesson* current);

// As a person calls it: "01, The global session".
std::string name_of(const tools::Lesson& lesson);
// From the root, such as book/01_global_session.md, to be clicked.
std::string chapter_of(const Context& context, const tools::Lesson& lesson);
// The files that are the learner's to edit, from the root.
std::vector<std::string> files_to_edit(const tools::Lesson& lesson);

}  // namespace tutor
