#include "verify/rejections.hpp"

#include <algorithm>
#include <string_view>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {

std::vector<std::string> named_tests(const fs::path& answer) {
    constexpr std::string_view key = "// Rejected by:";
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(answer)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> names;
    for (const fs::path& file : files) {
        const std::string text = tools::read_file(file);
        for (const std::string_view line : tools::lines_of(text)) {
            if (!line.starts_with("//")) break;
            if (line.starts_with(key)) names.emplace_back(tools::trimmed(line.substr(key.size())));
        }
    }
    return names;
}

}  // namespace verify
