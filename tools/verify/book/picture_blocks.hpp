// The block of a chapter that shows a red test's timeline as a picture, and the picture's file.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "course/course.hpp"
#include "verify/finding.hpp"
#include "verify/subjects/subject.hpp"

namespace verify {

// The name of the file in book/pictures: timeline_01_bobs_review_survives.svg.
std::string picture_of(const tools::Lesson& lesson, const std::string& test);

// The picture in Markdown, with a text that says the same. `timeline` is as the test printed it.
// `refresh`: writes the file. Throws std::runtime_error when there is no timeline, or when the file
// is another and is not to be written.
std::vector<std::string> picture_block(const Course& course, const tools::Lesson& lesson,
                                       const std::string& test, const std::string& timeline,
                                       bool refresh);

// The lesson's pictures of timelines that are none of these.
Findings pictures_besides(const Course& course, const tools::Lesson& lesson,
                          const std::set<std::string>& used);

}  // namespace verify
