// What verify has found wrong, said so that its reader knows what to do next.
#pragma once

#include <string>
#include <vector>

namespace verify {

struct Finding {
    std::string where;  // a test, a file, a line of a file
    std::string expected;
    std::string found;
    std::string advice;
    std::string details = {};  // of several lines, printed as it is
};

using Findings = std::vector<Finding>;

// For advice: what records the starters anew and rewrites what is stale in the book.
inline const std::string refresh_command = "cmake --build --preset course --target refresh";

// The findings below a line that says what has been looked at.
std::string render(const std::string& headline, const Findings& findings);

}  // namespace verify
