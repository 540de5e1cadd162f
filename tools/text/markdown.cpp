#include "text/markdown.hpp"

#include <algorithm>
#include <cctype>
#include <regex>

#include "text/text.hpp"

namespace check {
namespace {

std::string_view leading(std::string_view text, char c) {
    return text.substr(0, std::min(text.find_first_not_of(c), text.size()));
}

bool is_ascii_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// The next code point of UTF-8 text, taken from its front.
char32_t take_code_point(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < std::min(length, text.size()); ++i)
        point = point << 6U | (byte(i) & 0x3FU);
    text.remove_prefix(std::min(length, text.size()));
    return point;
}

// Letters and digits; beyond ASCII all that is not punctuation or a symbol in the blocks where
// those live.
bool is_word_point(char32_t point) {
    if (point < 0x80) return is_ascii_word(static_cast<char>(point));
    if (point < 0xC0) return point == 0xAA || point == 0xB5 || point == 0xBA;
    const bool symbol = point == 0xD7 || point == 0xF7 || (point >= 0x2000 && point <= 0x2BFF) ||
                        (point >= 0x3000 && point <= 0x303F) || point >= 0x1F000;
    return !symbol;
}

// What a reader sees of a heading: the text of links, `code` without its ticks, no *stress*, no
// <tags>.
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

bool Fences::covers(std::string_view line) {
    std::string_view text = line;
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view ticks = leading(text, '`');
    const std::string_view rest = tools::trimmed(text.substr(ticks.size()));
    if (!open_.empty()) {
        if (ticks.size() >= open_.size() && rest.empty()) open_.clear();
        return true;
    }
    if (ticks.size() < 3 || rest.find('`') != std::string_view::npos) return false;
    open_ = ticks;
    return true;
}

std::vector<Heading> headings_of(std::string_view markdown) {
    std::vector<Heading> headings;
    Fences fences;
    std::size_t number = 0;
    for (const std::string_view line : tools::lines_of(markdown)) {
        ++number;
        if (fences.covers(line)) continue;
        const std::size_t level = leading(line, '#').size();
        if (level < 1 || level > 6 || line.size() == level || line[level] != ' ') continue;
        headings.push_back(
            {static_cast<int>(level), std::string(tools::trimmed(line.substr(level))), number});
    }
    return headings;
}

std::string anchor_of(std::string_view heading) {
    const std::string text = as_read(heading);
    std::string anchor;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::string_view before = rest;
        const char32_t point = take_code_point(rest);
        const std::string_view bytes = before.substr(0, before.size() - rest.size());
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
        if (is_word_point(take_code_point(text))) return true;
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

std::vector<std::string> fenced(std::string_view language, std::string_view content) {
    std::string ticks = "```";
    while (content.find(ticks) != std::string_view::npos) ticks += '`';
    std::vector<std::string> lines = {ticks + std::string(language)};
    for (const std::string_view line : tools::lines_of(content)) lines.emplace_back(line);
    lines.push_back(ticks);
    return lines;
}

}  // namespace check
