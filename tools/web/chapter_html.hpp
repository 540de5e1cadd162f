// A page of the book as HTML: its sections, and what a chapter has besides: hints that are counted,
// a "Why" that waits until the lesson is green, questions that can be answered.
#pragma once

#include <string_view>

#include "web/book.hpp"
#include "web/markdown_html.hpp"

namespace web {

// Without name and lesson, which the text does not know.
BookPage page_from(std::string_view markdown, const LinkRule& link);

}  // namespace web
