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
// Its words with one blank between them, whatever is between them in `text`.
std::string in_one_line(std::string_view text);

// Without the escape sequences and the control characters that could colour a terminal, move its
// cursor or ring its bell; line ends and tabs stay.
std::string printable(std::string_view text);

// How many bytes the escape sequence has that `text` begins with.
std::size_t length_of_escape_sequence(std::string_view text);

// Throw std::runtime_error, which names the file and says why.
std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view text);
// Leaves alone a file that has that text already: what is made of it is not made again.
void update_file(const std::filesystem::path& file, std::string_view text);

}  // namespace tools
