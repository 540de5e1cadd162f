// Markdown as HTML, by cmark-gfm. Of raw HTML in it only details and summary become tags; comments
// are left out, and all else is shown as the text that it is. No link leads to a program
// (javascript: and the like).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace web {

// A block of the text, such as a paragraph, a list, a table.
struct Piece {
    enum class Kind { heading, code, comment, other };
    Kind kind = Kind::other;
    int level = 0;         // of a heading
    std::string id;        // of a heading: its anchor, as GitHub makes it
    std::string text;      // without markup; of a comment, what is in it
    std::string language;  // of code
    std::string html;      // nothing for a comment
};

// Where a link or a picture leads: its new address, or nothing, and then only its words are shown.
using LinkRule = std::function<std::optional<std::string>(std::string_view address)>;

std::vector<Piece> pieces_of(std::string_view markdown, const LinkRule& link);

// Of a text in one line, such as a question: without the paragraph around it.
std::string inline_html(std::string_view markdown, const LinkRule& link);

}  // namespace web
