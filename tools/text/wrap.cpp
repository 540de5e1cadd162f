#include "text/wrap.hpp"

#include <wchar.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "text/text.hpp"
#include "text/utf8.hpp"

namespace tools {
namespace {

// One thing on a line: a character, or a colour, which takes no room.
struct Piece {
    std::string_view bytes;
    std::size_t columns = 0;
    bool colour = false;
};

// "\033[1;31m", which is all that our own text has; nothing when it is another sequence.
std::size_t length_of_colour(std::string_view text) {
    std::size_t end = 2;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == ';')) ++end;
    return end < text.size() && text[end] == 'm' ? end + 1 : 0;
}

std::string_view in_ascii(char32_t character) {
    constexpr std::array<std::pair<char32_t, std::string_view>, 11> known = {{
        {U'·', "-"},
        {U'–', "-"},
        {U'—', "-"},
        {U'‘', "'"},
        {U'’', "'"},
        {U'“', "\""},
        {U'”', "\""},
        {U'…', "..."},
        {U'→', "->"},
        {U'←', "<-"},
        {U'−', "-"},
    }};
    for (const auto& [from, to] : known) {
        if (from == character) return to;
    }
    return "?";
}

Piece read_character(std::string_view text, std::size_t& at, bool utf8) {
    const Utf8Character read = first_character_of(text.substr(at));
    const std::string_view bytes = text.substr(at, read.bytes);
    at += read.bytes;
    if (!read.point) return {"?", 1};
    const char32_t character = *read.point;
    if (character == '\t') return {"    ", 4};
    if (character < ' ' || (character >= 0x7F && character < 0xA0)) return {};
    if (character < 0x7F) return {bytes, 1};
    if (!utf8) {
        const std::string_view plain = in_ascii(character);
        return {plain, plain.size()};
    }
    // The marks that turn the direction of writing would turn ours too.
    if ((character >= 0x202A && character <= 0x202E) ||
        (character >= 0x2066 && character <= 0x2069)) {
        return {};
    }
    const int width = ::wcwidth(static_cast<wchar_t>(character));
    return {bytes, width < 0 ? 1 : static_cast<std::size_t>(width)};
}

std::vector<Piece> pieces_of(std::string_view line, bool utf8) {
    std::vector<Piece> pieces;
    for (std::size_t at = 0; at < line.size();) {
        if (line[at] != '\033') {
            pieces.push_back(read_character(line, at, utf8));
        } else if (const std::size_t length = length_of_colour(line.substr(at)); length > 2) {
            pieces.push_back({line.substr(at, length), 0, true});
            at += length;
        } else {
            at += length_of_escape_sequence(line.substr(at));
        }
    }
    return pieces;
}

// Puts one line together, and breaks it where it is too long.
class Breaker {
 public:
    Breaker(const WrapOptions& options, std::vector<std::string>& lines)
        : options_(options),
          columns_(std::max<std::size_t>(options.columns, 2)),
          lines_(lines),
          line_(options.indent, ' '),
          used_(options.indent) {}

    void break_up(const std::vector<Piece>& pieces) {
        std::size_t own = options_.indent;
        for (std::size_t i = 0; i < pieces.size() && pieces[i].bytes == " "; ++i) ++own;
        hanging_ = options_.hanging.value_or(std::min(own + 2, columns_ / 3));
        for (const Piece& piece : pieces) add(piece);
        end_line();
    }

 private:
    void add(const Piece& piece) {
        if (piece.colour) {
            colour_ = piece.bytes == "\033[0m" ? std::string_view() : piece.bytes;
            line_ += piece.bytes;
            return;
        }
        const bool too_long = used_ + piece.columns > columns_;
        if (too_long && piece.bytes == " ") {
            after_space_ = 0;  // the break stands for it, and no word is taken along
            full_ = true;
            return;
        }
        if (full_ || (too_long && may_break_before())) break_line();
        if (used_ + piece.columns > columns_ && may_break_before()) break_line();
        if (piece.bytes == " " && has_word_ && is_worth_a_break()) {
            after_space_ = line_.size() + 1;
            used_after_space_ = used_ + 1;
            colour_at_space_ = colour_;
        }
        has_word_ = has_word_ || piece.bytes != " ";
        line_ += piece.bytes;
        used_ += piece.columns;
    }

    // A word that is longer than a line is broken in its middle, or sticks out.
    bool may_break_before() const { return after_space_ > 0 || !options_.whole_words; }

    // What goes on would not begin further left than it stands.
    bool is_worth_a_break() const { return !options_.whole_words || used_ > hanging_; }

    // Takes the last word along, unless it is all there is.
    void break_line() {
        std::string word;
        std::size_t columns = 0;
        std::string_view colour = colour_;
        if (after_space_ > 0) {
            word = line_.substr(after_space_);
            columns = used_ - used_after_space_;
            line_.resize(after_space_ - 1);
            colour = colour_at_space_;
        }
        if (!colour.empty()) line_ += "\033[0m";
        lines_.push_back(std::move(line_));
        line_ = std::string(hanging_, ' ') + std::string(colour) + word;
        used_ = hanging_ + columns;
        after_space_ = 0;
        full_ = false;
        has_word_ = !word.empty();
    }

    void end_line() {
        if (!colour_.empty()) line_ += "\033[0m";
        lines_.push_back(std::move(line_));
    }

    const WrapOptions& options_;
    std::size_t columns_;
    std::vector<std::string>& lines_;
    std::size_t hanging_ = 0;
    std::string line_;
    std::size_t used_;
    std::string_view colour_;
    bool has_word_ = false;
    bool full_ = false;            // up to a space
    std::size_t after_space_ = 0;  // in line_; 0: there is none to break at
    std::size_t used_after_space_ = 0;
    std::string_view colour_at_space_;
};

}  // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (const Piece& piece : pieces_of(text, true)) columns += piece.columns;
    return columns;
}

std::vector<std::string> wrap(std::string_view text, const WrapOptions& options) {
    std::vector<std::string> lines;
    for (const std::string_view line : lines_of(text)) {
        Breaker(options, lines).break_up(pieces_of(line, options.utf8));
    }
    return lines;
}

std::string wrapped(std::string_view text, const WrapOptions& options) {
    std::string result;
    for (const std::string& line : wrap(text, options)) result += line + "\n";
    return result;
}

std::string cut(std::string_view line, std::size_t columns, bool utf8) {
    std::string result;
    std::size_t used = 0;
    bool coloured = false;
    for (const Piece& piece : pieces_of(line, utf8)) {
        if (used + piece.columns > columns) break;
        used += piece.columns;
        result += piece.bytes;
        coloured = coloured || piece.colour;
    }
    return coloured ? result + "\033[0m" : result;
}

}  // namespace tools
