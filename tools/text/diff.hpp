// The difference of two texts as `diff -u` shows it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tools {

// Empty when they are the same. A text that ends without a line end is taken as if it had one.
std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view label_before, std::string_view label_after);

// Of every file that differs between two folders below `root`, one after the other. A file that is
// only in one of them is /dev/null in the other. Throws std::runtime_error.
std::string folders_diff(const std::filesystem::path& root, const std::filesystem::path& before,
                         const std::filesystem::path& after);

}  // namespace tools
