// The stages of a lesson: its tests, its chapter's headings and its hints agree about them, and
// none asks for too much. tools/course/stages.hpp has how they are written.
#pragma once

#include <vector>

#include "course/course.hpp"
#include "verify/book/book_page.hpp"
#include "verify/finding.hpp"

namespace verify {

// Nothing is found in a lesson without stages.
Findings judge_stages(const BookPage& chapter, const tools::Lesson& lesson,
                      const std::vector<tools::Test>& tests);

// Where the task has a table whose last column is "tests": the tests that it names are there, and
// the task names all that are.
Findings judge_promises(const BookPage& chapter, const std::vector<tools::Test>& tests);

}  // namespace verify
