// Folders that go with the object that made them, and with all that is in them.
#pragma once

#include <filesystem>

namespace tools {

// For many small files that need not outlive a power cut: in memory, where there is plenty of it
// and nobody says otherwise (TMPDIR); else where temporary files are.
std::filesystem::path place_for_quick_files();

class TemporaryFolder {
 public:
    // A new folder below `place`. Throws std::runtime_error.
    explicit TemporaryFolder(
        const std::filesystem::path& place = std::filesystem::temp_directory_path());
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

}  // namespace tools
