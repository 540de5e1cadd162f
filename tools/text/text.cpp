#include "text/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace tools {
namespace {

constexpr std::string_view blanks = " \t\r\n";

[[noreturn]] void fail(const std::filesystem::path& file, std::string_view what) {
    const std::string why = errno == 0 ? "" : " (" + std::generic_category().message(errno) + ")";
    throw std::runtime_error(file.string() + " cannot be " + std::string(what) + why);
}

// A control character of ISO 8859, as UTF-8 has it.
bool is_second_control(std::string_view text) {
    return text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t begin = text.find_first_not_of(blanks);
        if (begin == std::string_view::npos) return words;
        const std::size_t end = std::min(text.find_first_of(blanks, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string result;
    while (true) {
        const std::size_t at = text.find(what);
        result.append(text.substr(0, at));
        if (at == std::string_view::npos) return result;
        result.append(with);
        text.remove_prefix(at + what.size());
    }
}

std::string in_one_line(std::string_view text) {
    std::string line;
    for (const std::string_view word : words_of(text)) {
        if (!line.empty()) line += ' ';
        line += word;
    }
    return line;
}

std::size_t length_of_escape_sequence(std::string_view text) {
    if (text.size() < 2 || text[1] < ' ') return 1;
    const std::string_view strings = "]P^_X";  // end with a bell, or with another escape
    std::size_t end = 2;
    if (text[1] == '[') {
        while (end < text.size() && (text[end] < '@' || text[end] > '~') && text[end] >= ' ') ++end;
        return end < text.size() && text[end] >= '@' ? end + 1 : end;
    }
    if (strings.find(text[1]) == std::string_view::npos) return 2;
    while (end < text.size() && text[end] != '\a' && text[end] != '\033' && text[end] != '\n')
        ++end;
    return end < text.size() && text[end] == '\a' ? end + 1 : end;
}

std::string printable(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c == '\033') {
            at += length_of_escape_sequence(text.substr(at));
        } else if (is_second_control(text.substr(at, 2))) {
            at += 2;
        } else {
            if (c == '\n' || c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F'))
                result += c;
            ++at;
        }
    }
    return result;
}

std::string read_file(const std::filesystem::path& file) {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::string text;
    std::array<char, 1 << 16> part{};
    while (stream.read(part.data(), part.size()), stream.gcount() > 0)
        text.append(part.data(), static_cast<std::size_t>(stream.gcount()));
    if (!stream.eof()) fail(file, "read");
    return text;
}

void write_file(const std::filesystem::path& file, std::string_view text) {
    errno = 0;
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text << std::flush;
    if (!stream) fail(file, "written");
}

void update_file(const fs::path& file, std::string_view text) {
    if (!fs::exists(file) || read_file(file) != text) write_file(file, text);
}

}  // namespace tools
