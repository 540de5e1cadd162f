#include "text/markdown_inline.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

#include "text/text.hpp"
#include "text/utf8.hpp"

namespace tools {
namespace {

std::string_view leading(std::string_view text, char c) {
    return text.substr(0, std::min(text.find_first_not_of(c), text.size()));
}

bool is_ascii_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Letters and digits; beyond ASCII all that is not punctuation
// or a symbol in the blocks where those live.
bool is_word_point(char32_t point) {
    if (point < 0x80) return is_ascii_word(static_cast<char>(point));
    if (point < 0xC0) return point == 0xAA || point == 0xB5 || point == 0xBA;
    const bool symbol = point == 0xD7 || point == 0xF7 || (point >= 0x2000 && point <= 0x2BFF) ||
                        (point >= 0x3000 && point <= 0x303F) || point >= 0x1F000;
    return !symbol;
}

// What a reader sees of a heading: the text of links,
// `code` without its ticks, no *stress*, no <tags>.
std::string as_read(std::string_view heading) {
    static const std::regex link(R"(!?\[([^\]]*)\]\([^)]*\))");
    static const std::regex tag("<[^>]*>");
    static const std::regex stress(R"((^|[^A-Za-z0-9])_([^_]+)_(?![A-Za-z0-9]))");
    std::string text = std::regex_replace(std::string(heading), link, "$1");
    std::string result;
    std::string outside;
    bool code = false;
    const auto flush = [&] {
        result += std::regex_replace(std::regex_replace(outside, tag, ""), stress, "$1$2");
        outside.clear();
    };
    for (const char c : text) {
        if (c == '`') {
            flush();
            code = !code;
        } else if (code) {
            result += c;
        } else {
            outside += c;
        }
    }
    flush();
    return result;
}

}  // namespace

std::string anchor_of(std::string_view heading) {
    const std::string text = as_read(heading);
    std::string anchor;
    std::string_view rest = text;
    while (!rest.empty()) {
        const Utf8Character character = first_character_of(rest);
        const char32_t point = character.point.value_or(U'\uFFFD');
        const std::string_view bytes = rest.substr(0, character.bytes);
        rest.remove_prefix(character.bytes);
        if (point == U' ') {
            anchor += '-';
        } else if (point == U'-' || point == U'_') {
            anchor += bytes;
        } else if (point < 0x80 && is_word_point(point)) {
            anchor += static_cast<char>(std::tolower(static_cast<int>(point)));
        } else if (point >= 0xC0 && point <= 0xDE && is_word_point(point)) {
            anchor += {bytes[0], static_cast<char>(bytes[1] + 0x20)};  // Latin-1's capitals
        } else if (is_word_point(point)) {
            anchor += bytes;
        }
    }
    return anchor;
}

std::string without_code(std::string_view line) {
    std::string text(line);
    std::size_t at = 0;
    while ((at = text.find('`', at)) != std::string::npos) {
        const std::size_t ticks = leading(std::string_view(text).substr(at), '`').size();
        const std::string mark(ticks, '`');
        std::size_t end = text.find(mark, at + ticks);
        while (end != std::string::npos && end + ticks < text.size() && text[end + ticks] == '`') {
            end = text.find(mark, text.find_first_not_of('`', end));
        }
        if (end == std::string::npos) {
            at += ticks;
            continue;
        }
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(at),
                  text.begin() + static_cast<std::ptrdiff_t>(end + ticks), ' ');
        at = end + ticks;
    }
    return text;
}

bool is_word(std::string_view text) {
    while (!text.empty()) {
        const Utf8Character character = first_character_of(text);
        if (character.point && is_word_point(*character.point)) return true;
        text.remove_prefix(character.bytes);
    }
    return false;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool inside_word = i > 0 && i + 1 < text.size() && is_ascii_word(text[i - 1]) &&
                                 is_ascii_word(text[i + 1]);
        const bool special = std::string_view("\\`*<>[]|").find(c) != std::string_view::npos;
        if (special || (c == '_' && !inside_word)) result += '\\';
        result += c;
    }
    return result;
}

}  // namespace tools
