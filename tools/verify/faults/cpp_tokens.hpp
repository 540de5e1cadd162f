// C++ source as a row of tokens: enough of them to see where a statement begins and ends.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace verify {

struct Token {
    enum class Kind { word, number, text, sign };
    Kind kind = Kind::sign;
    std::size_t begin = 0;    // in the source
    std::string_view text;    // of the source; a text has its quotes
    std::size_t partner = 0;  // of a bracket that is closed: the index of the other one

    bool is(std::string_view what) const { return text == what && kind != Kind::text; }
    std::size_t end() const { return begin + text.size(); }
};

// A letter, a digit or an underscore.
bool is_in_word(char c);

bool is_one_of(const Token& token, std::initializer_list<std::string_view> words);

// Blanks on both sides: an operator with two operands, and no template's bracket.
bool stands_free(std::string_view source, const Token& token);

// Behind the <…> that begins at `i`.
std::size_t behind_template(const std::vector<Token>& tokens, std::size_t i);

// Without comments and lines of the preprocessor. The tokens are views into `source`.
std::vector<Token> tokens_of(std::string_view source);

}  // namespace verify
