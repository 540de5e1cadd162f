// Which tests reject a wrong answer, as the answer says itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace verify {

// The names in the `// Rejected by:` lines of an answer's files, in the order of the files' names.
std::vector<std::string> named_tests(const std::filesystem::path& answer);

}  // namespace verify
