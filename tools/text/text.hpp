// Small things that text needs everywhere in the tools.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

// Views into `text`, without the line ends. An empty text has no line; a last line end begins none.
std::vector<std::string_view> lines_of(std::string_view text);
std::vector<std::string_view> words_of(std::string_view text);
std::string_view trimmed(std::string_view text);
std::string replaced(std::string_view text, std::string_view what, std::string_view with);

// Without the escape sequences and the control characters that could colour a terminal, move its
// cursor or ring its bell; line ends and tabs stay.
std::string printable(std::string_view text);

// How wide UTF-8 text is printed, taking every code point for one column.
std::size_t width_of(std::string_view text);

// Throw std::runtime_error, which names the file and says why.
std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace tools
