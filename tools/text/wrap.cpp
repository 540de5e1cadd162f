#include "text/wrap.hpp"

#include <wchar.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "text/text.hpp"

namespace tutor {
namespace {

// One thing on a line: a character, or a colour, which takes no room.
struct Piece {
    std::string_view bytes;
    std::size_t columns = 0;
    bool colour = false;
};

struct Decoded {
    std::size_t bytes = 1;
    std::optional<char32_t> character;  // none: not UTF-8
};

Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return {1, byte(0)};
    const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
    if (byte(0) < 0xC2 || byte(0) > 0xF4 || length > text.size()) return {1, std::nullopt};
    char32_t character = byte(0) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {1, std::nullopt};
        character = (character << 6U) | (byte(i) & 0x3FU);
    }
    return {length, character};
}

// "\033[1;31m", which is all that our own text has; nothing when it is another sequence.
std::size_t length_of_colour(std::string_view text) {
    std::size_t end = 2;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == ';')) ++end;
    return end < text.size() && text[end] == 'm' ? end + 1 : 0;
}

// Any other, of which nothing is shown.
std::size_t length_of_sequence(std::string_view text) {
    if (text.size() < 2) return 1;
    if (text[1] != '[' && text[1] != ']') return 2;
    const bool of_system = text[1] == ']';  // ends with a bell, the others with a letter
    std::size_t end = 2;
    while (end < text.size() && (of_system ? text[end] != '\a' : text[end] < '@')) ++end;
    return std::min(end + 1, text.size());
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
    const Decoded decoded = decode(text.substr(at));
    const std::string_view bytes = text.substr(at, decoded.bytes);
    at += decoded.bytes;
    if (!decoded.character) return {"?", 1};
    const char32_t character = *decoded.character;
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
            at += length_of_sequence(line.substr(at));
        }
    }
    return pieces;
}

// Puts one line together, and breaks it where it is too long.
class Breaker {
 public:
    Breaker(std::size_t columns, std::vector<std::string>& lines)
        : columns_(std::max<std::size_t>(columns, 2)), lines_(lines) {}

    void break_up(const std::vector<Piece>& pieces) {
        std::size_t indent = 0;
        while (indent < pieces.size() && pieces[indent].bytes == " ") ++indent;
        indent_ = std::min(indent + 2, columns_ / 3);
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
        if (used_ + piece.columns > columns_ && piece.bytes == " ") {
            after_space_ = 0;  // the break stands for it, and no word is taken along
            full_ = true;
            return;
        }
        if (full_ || used_ + piece.columns > columns_) break_line();
        if (used_ + piece.columns > columns_) break_line();  // the word is as long as a line
        if (piece.bytes == " " && has_word_) {
            after_space_ = line_.size() + 1;
            used_after_space_ = used_ + 1;
            colour_at_space_ = colour_;
        }
        has_word_ = has_word_ || piece.bytes != " ";
        line_ += piece.bytes;
        used_ += piece.columns;
    }

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
        line_ = std::string(indent_, ' ') + std::string(colour) + word;
        used_ = indent_ + columns;
        after_space_ = 0;
        full_ = false;
        has_word_ = !word.empty();
    }

    void end_line() {
        if (!colour_.empty()) line_ += "\033[0m";
        lines_.push_back(std::move(line_));
    }

    std::size_t columns_;
    std::vector<std::string>& lines_;
    std::size_t indent_ = 0;
    std::string line_;
    std::size_t used_ = 0;
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

std::vector<std::string> fit(std::string_view text, std::size_t columns, bool utf8) {
    std::vector<std::string> lines;
    for (const std::string_view line : tools::lines_of(text)) {
        Breaker(columns, lines).break_up(pieces_of(line, utf8));
    }
    return lines;
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

}  // namespace tutor
