// The program that runs, as a file.
#pragma once

#include <filesystem>

namespace support {

// Throws std::runtime_error or std::filesystem::filesystem_error.
std::filesystem::path own_program();

}  // namespace support
