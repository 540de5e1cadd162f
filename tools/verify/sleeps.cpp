#include "verify/sleeps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

const std::regex& sleeping() {
    static const std::regex words(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b|::sleep\b)");
    return words;
}

// Of a shop, not of a test: a wrong answer's, or a right one's file where the solution's sleeps
// too.
bool may_sleep(const fs::path& root, const fs::path& file) {
    const auto parts =
        std::vector<fs::path>(file.begin(), file.end());  // tests answers NN_name wrong_x …
    if (parts.size() <= 4 || parts[1] != "answers") return false;
    if (parts[3].string().starts_with("wrong_")) return true;
    const fs::path solution = root / "solutions" / parts[2] / file.filename();
    return fs::exists(solution) && std::regex_search(tools::read_file(solution), sleeping());
}

}  // namespace

Findings judge_sleeps(const fs::path& root) {
    std::vector<fs::path> files;
    if (fs::is_directory(root / "tests")) {
        for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
            if (entry.is_regular_file()) files.push_back(fs::relative(entry.path(), root));
        }
    }
    std::sort(files.begin(), files.end());
    Findings findings;
    for (const fs::path& file : files) {
        if (may_sleep(root, file)) continue;
        const std::string text = tools::read_file(root / file);
        std::size_t number = 0;
        for (const std::string_view line : tools::lines_of(text)) {
            ++number;
            std::cmatch match;
            if (!std::regex_search(line.data(), line.data() + line.size(), match, sleeping()))
                continue;
            findings.push_back(
                {fmt::format("{}:{}", file.generic_string(), number),
                 "tests that are put in order by events",
                 fmt::format("{} in: {}", match.str(), tools::trimmed(line)),
                 "wait for what must happen: support/gate.hpp, a held bank, the ledger"});
        }
    }
    return findings;
}

}  // namespace verify
