// The timeline as a page: one HTML file that needs nothing else, neither a network nor JavaScript.
//
// Time runs down. Each thread has a column with what it did, and each connection a thin one, in
// which a line says that it is open and a thick one that it is in a transaction. What stands out, a
// leak, a wait, a transaction that somebody else is inside of, is marked by a sign and a word, not
// by colour alone, and is listed at the top with links.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/timeline.hpp"

namespace support {

struct FailedTest {
    std::string name;
    std::vector<std::string> messages;  // what it says for itself
};

std::string timeline_page(const FailedTest& test, const Timeline& timeline);

// Where a test's page belongs: in the folder that the environment variable LEAKLINGS_PAGES names.
// Nothing when it names none.
std::optional<std::filesystem::path> page_of(std::string_view test);

// Writes it there and returns where; nothing when none is wanted or it cannot be written.
std::optional<std::filesystem::path> write_page(const FailedTest& test, const Timeline& timeline);

}  // namespace support
