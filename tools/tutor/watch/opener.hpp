// Showing a file to somebody who sits at a desktop.
#pragma once

#include <filesystem>

namespace tutor {

// Hands it to the browser, and does not wait.
// False when there is no desktop, or nothing that opens files there.
bool open_in_browser(const std::filesystem::path& file);

}  // namespace tutor
