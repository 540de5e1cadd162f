// The books of a long day: what the shop has written down, held against what the bank took and what
// the customers were told.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "crowd.hpp"

namespace long_day {

// A new database for the day. Throws SQLite::Exception.
void open_books(const std::filesystem::path& database);

// How many orders are not at their end yet: reserved, or confirmed and without a receipt.
int unfinished(const std::filesystem::path& database);

struct Balance {
    int confirmed = 0;
    int declined = 0;
    int payments = 0;
    // Each thing that is not as it must be, in words.
    std::vector<std::string> wrong;
};

// When all has come to its end and no server runs.
Balance balance(const std::filesystem::path& database, const std::map<std::string, int>& payments,
                const Told& told);

}  // namespace long_day
