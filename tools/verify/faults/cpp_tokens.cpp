#include "verify/faults/cpp_tokens.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

namespace verify {
namespace {

constexpr std::array<std::string_view, 26> long_signs = {
    "<=>", "<<=", ">>=", "...", "->*", "::", "->", "++", "--", "<<", "<=", ">=", "==",
    "!=",  "&&",  "||",  "+=",  "-=",  "*=", "/=", "%=", "&=", "|=", "^=", "##", ">>"};

class Lexer {
 public:
    explicit Lexer(std::string_view source) : source_(source) {}

    std::vector<Token> tokens() {
        while (at_ < source_.size()) step();
        find_partners();
        return std::move(tokens_);
    }

 private:
    std::string_view rest() const { return source_.substr(at_); }

    void step() {
        const char c = source_[at_];
        if (c == '\n') {
            line_is_empty_ = true;
            ++at_;
        } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++at_;
        } else if (c == '#' && line_is_empty_) {
            skip_directive();
        } else if (rest().starts_with("//")) {
            at_ = std::min(source_.find('\n', at_), source_.size());
        } else if (rest().starts_with("/*")) {
            skip_to("*/", at_ + 2);
        } else {
            line_is_empty_ = false;
            take();
        }
    }

    // To behind the next `what`, or to the end.
    void skip_to(std::string_view what, std::size_t from) {
        const std::size_t found = source_.find(what, from);
        at_ = found == std::string_view::npos ? source_.size() : found + what.size();
    }

    void skip_directive() {
        do {
            at_ = std::min(source_.find('\n', at_), source_.size());
        } while (at_ < source_.size() && source_[at_ - 1] == '\\' && ++at_ < source_.size());
    }

    void take() {
        const std::size_t begin = at_;
        const char c = source_[at_];
        Token::Kind kind = Token::Kind::sign;
        if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            kind = Token::Kind::number;
            while (at_ < source_.size() &&
                   (is_in_word(source_[at_]) || source_[at_] == '.' || source_[at_] == '\''))
                ++at_;
        } else if (is_in_word(c)) {
            kind = Token::Kind::word;
            while (at_ < source_.size() && is_in_word(source_[at_])) ++at_;
            const std::string_view word = source_.substr(begin, at_ - begin);
            if (rest().starts_with("\"") && is_prefix(word)) {
                kind = Token::Kind::text;
                word.ends_with('R') ? skip_raw() : skip_quoted('"');
            }
        } else if (c == '"' || c == '\'') {
            kind = c == '"' ? Token::Kind::text : Token::Kind::number;
            skip_quoted(c);
        } else {
            const auto sign =
                std::find_if(long_signs.begin(), long_signs.end(),
                             [this](std::string_view each) { return rest().starts_with(each); });
            at_ += sign == long_signs.end() ? 1 : sign->size();
        }
        tokens_.push_back({kind, begin, source_.substr(begin, at_ - begin)});
    }

    static bool is_prefix(std::string_view word) {
        return word == "R" || word == "L" || word == "u" || word == "U" || word == "u8" ||
               word == "LR" || word == "uR" || word == "UR" || word == "u8R";
    }

    void skip_quoted(char quote) {
        ++at_;
        while (at_ < source_.size() && source_[at_] != quote)
            at_ += source_[at_] == '\\' ? std::size_t{2} : std::size_t{1};
        at_ = std::min(at_ + 1, source_.size());
    }

    void skip_raw() {
        const std::size_t open = source_.find('(', at_);
        if (open == std::string_view::npos) {
            at_ = source_.size();
            return;
        }
        std::string end = ")";
        end.append(source_.substr(at_ + 1, open - at_ - 1)).append("\"");
        skip_to(end, open);
    }

    void find_partners() {
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            const Token& token = tokens_[i];
            if (token.is("(") || token.is("[") || token.is("{")) {
                open.push_back(i);
            } else if ((token.is(")") || token.is("]") || token.is("}")) && !open.empty()) {
                tokens_[i].partner = open.back();
                tokens_[open.back()].partner = i;
                open.pop_back();
            }
        }
    }

    std::string_view source_;
    std::size_t at_ = 0;
    bool line_is_empty_ = true;  // so far
    std::vector<Token> tokens_;
};

}  // namespace

bool is_in_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool is_one_of(const Token& token, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return token.is(word); });
}

bool stands_free(std::string_view source, const Token& token) {
    const auto is_blank = [&](std::size_t at) {
        return at < source.size() && std::isspace(static_cast<unsigned char>(source[at])) != 0;
    };
    return token.begin > 0 && is_blank(token.begin - 1) && is_blank(token.end());
}

std::size_t behind_template(const std::vector<Token>& tokens, std::size_t i) {
    int depth = 0;
    for (; i < tokens.size(); ++i) {
        const Token& token = tokens[i];
        if (is_one_of(token, {"(", "[", "{"}) && token.partner > i) {
            i = token.partner;
            continue;
        }
        if (token.is("<")) ++depth;
        if (token.is(">")) --depth;
        if (token.is(">>")) depth -= 2;
        if (depth <= 0) return i + 1;
    }
    return i;
}

std::vector<Token> tokens_of(std::string_view source) {
    return Lexer(source).tokens();
}

}  // namespace verify
