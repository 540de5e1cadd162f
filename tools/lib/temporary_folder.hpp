// A new folder below the system's for temporary files, which goes with this object and all that is
// in it.
#pragma once

#include <filesystem>

namespace tools {

class TemporaryFolder {
 public:
    TemporaryFolder();  // throws std::runtime_error
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

}  // namespace tools
