// Whether the links of README.md, CONTRIBUTING.md and the book lead somewhere.
#pragma once

#include <filesystem>

#include "verify/finding.hpp"

namespace verify {

// Relative links to files and to headings, and that every chapter stands in book/SUMMARY.md. What
// is on other machines is not looked at.
Findings judge_links(const std::filesystem::path& root);

}  // namespace verify
