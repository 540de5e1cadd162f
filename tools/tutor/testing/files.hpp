// Files for the tests of the tutor.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

// Makes `file` hold `text`, and the folders that it lies in. A file that holds it already is not
// touched, so that nothing is built anew because of it.
void put(const std::filesystem::path& file, std::string_view text);
// The same, for something to be run.
void put_program(const std::filesystem::path& file, std::string_view text);

bool has(const std::string& text, const std::string& part);
