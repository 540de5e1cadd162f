// Showing a file to somebody who sits at a desktop.
#pragma once

#include <filesystem>
#include <string>

namespace tutor {

// Hands it to the browser, and does not wait. What the learner is told.
std::string open_in_browser(const std::filesystem::path& file);

}  // namespace tutor
