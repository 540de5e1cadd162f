// What the check has found wrong, said so that whoever reads it knows what to do next.
#pragma once

#include <string>
#include <vector>

namespace check {

struct Finding {
    std::string where;  // a test, a file, a line of a file
    std::string expected;
    std::string found;
    std::string advice;
    std::string details = {};  // of several lines, printed as it is
};

using Findings = std::vector<Finding>;

// The findings below a line that says what has been looked at.
std::string render(const std::string& headline, const Findings& findings);

}  // namespace check
