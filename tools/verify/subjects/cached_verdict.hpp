// What has been judged good how often, with exactly these bytes: kept below <build>/proven, so that
// what nobody has changed since need not be repeated as often again.
// To have all repeated, delete that folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace verify {

class CachedVerdict {
 public:
    // `name` is what is judged; `files` are all that the verdict depends on.
    CachedVerdict(const std::filesystem::path& build, const std::string& name,
                  const std::vector<std::filesystem::path>& files);

    // How often these bytes have been found good in a row; 0 for others.
    int times() const { return times_; }
    // They were found good that often just now. A folder that cannot be written is no fault.
    void record(int times) const noexcept;

 private:
    std::filesystem::path file_;
    std::string bytes_;
    int times_ = 0;
};

}  // namespace verify
