// What stands on a screen, as a picture for the README.
#pragma once

#include <string>
#include <string_view>

// `rows` are lines of text, in UTF-8 and without escape sequences. What is red or green on a
// terminal has its colour here; `title` is for those who do not see the picture.
std::string svg_of_screen(std::string_view rows, std::string_view title);
