// The small course as a browser's test reads it.
#pragma once

#include <string>

#include "tutor/testing/mini_course.hpp"
#include "web/testing/browser.hpp"
#include "web/testing/web_tutor.hpp"

// The small course with the warm-up's real chapter.
void make_readable(const MiniCourse& course);

// Whether the verdict's line has that text, in JavaScript.
std::string line_has(const std::string& text);

// Opens the course with its key, and the warm-up.
void open_warm_up(Browser& browser, const WebTutor& tutor);
