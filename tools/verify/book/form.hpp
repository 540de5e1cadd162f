// What the chapter of every lesson has.
#pragma once

#include <vector>

#include "course/course.hpp"
#include "course/test_result.hpp"
#include "verify/book/book_page.hpp"
#include "verify/finding.hpp"

namespace verify {

// Title, time, headings, hints, blocks, questions and length, as every chapter has them.
Findings judge_form(const BookPage& chapter, const tools::Lesson& lesson);

// Below "Answers that look right" the names of tests stand in quotation marks: what is quoted there,
// and longer than three words, is one of these.
Findings judge_tests_named(const BookPage& chapter, const std::vector<tools::Test>& tests);

// The words of a chapter that are read at a stretch: without code, tables, blocks, pictures, hints,
// what happened elsewhere and the questions.
int count_words(const BookPage& chapter);

}  // namespace verify
