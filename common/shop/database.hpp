// The shop's database file: its tables, and what is in them on the first day.
#pragma once

#include <filesystem>

namespace shop {

inline constexpr int teapot = 1;   // ten of them
inline constexpr int kettle = 2;   // one
inline constexpr int samovar = 3;  // sold out

// Makes a new database file in WAL mode with the shop's tables and items. WAL is a property of the
// file: every connection that is opened on it later has it. Throws SQLite::Exception.
void create_database(const std::filesystem::path& file);

// Adds items, ten of each, until there are `items`. Throws SQLite::Exception.
void fill_shelves(const std::filesystem::path& file, int items);

// Throws std::runtime_error, in words for the person who named the file, unless it is a database of
// this shop that can be read and written.
void require_database(const std::filesystem::path& file);

}  // namespace shop
