// The book against the files and the real runs that it shows.
#pragma once

#include "verify/finding.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

// Compares every block with what it should be, and the chapter's form with what a chapter has. With
// `refresh` stale blocks are rewritten instead;
// what is left then are findings that a writer must see to.
Findings judge_chapter(const Course& course, const tools::Lesson& lesson, bool refresh);

// The same for the book's other pages, such as its appendices, whose only blocks are of code.
Findings judge_pages(const Course& course, bool refresh);

}  // namespace verify
