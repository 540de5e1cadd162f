#include "rejections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace fs = std::filesystem;

namespace check {

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

std::string cut_to(std::string_view source, const std::vector<std::string>& names,
                   const fs::path& file) {
    const std::vector<std::string_view> lines = tools::lines_of(source);
    std::string text = fmt::format("#line 1 \"{}\"\n", file.string());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!lines[i].starts_with("TEST_CASE(")) {
            text += fmt::format("{}\n", lines[i]);
            continue;
        }
        // From here to the first line that is a closing brace; the name is in quotes, here or in
        // the next line.
        const std::size_t first = i;
        while (i + 1 < lines.size() && lines[i] != "}") ++i;
        const std::string name_line = fmt::format("{}{}", lines[first], lines[first + 1]);
        const bool stays = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return name_line.find('"' + name + '"') != std::string::npos;
        });
        for (std::size_t line = first; stays && line <= i; ++line) {
            text += fmt::format("{}\n", lines[line]);
        }
        if (!stays) text += fmt::format("#line {} \"{}\"\n", i + 2, file.string());
    }
    return text;
}

}  // namespace check
