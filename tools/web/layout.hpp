// A page of the book in its frame: the contents, the search, and, beside the learner's files, the
// lesson's verdict.
#pragma once

#include <string>

#include "web/book.hpp"

namespace web {

std::string html_of_page(const Book& book, const BookPage& page);

// A page with nothing but a few words, for a request that is not let in, or asks for what there is not.
std::string html_of_words(std::string_view title, std::string_view words);

// A page that leads to another address at once.
std::string html_that_leads_to(std::string_view address);

}  // namespace web
