// What a verdict rests on besides the learner's files: the tests, their support, what the lessons
// share. tests/shipped.sha256 knows each file by its hash; cmake/Shipped.cmake reads and writes it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tutor {

// The files that are not as the course shipped them, or are gone, or were added.
std::vector<std::string> changed_since_shipped(const std::filesystem::path& root);

// Writes down that they are to be as they are now.
void record_shipped(const std::filesystem::path& root);

}  // namespace tutor
