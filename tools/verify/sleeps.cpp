#include "verify/sleeps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "course/answer.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

const std::regex& sleeping() {
    static const std::regex words(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b|::sleep\b)");
    return words;
}

void judge(const std::string& file, std::string_view text, Findings& findings) {
    std::size_t number = 0;
    for (const std::string_view line : tools::lines_of(text)) {
        ++number;
        std::cmatch match;
        if (!std::regex_search(line.data(), line.data() + line.size(), match, sleeping())) continue;
        findings.push_back({fmt::format("{}:{}", file, number),
                            "tests that are put in order by events",
                            fmt::format("{} in: {}", match.str(), tools::trimmed(line)),
                            "wait for what must happen: support/gate.hpp, a held bank, the "
                            "ledger"});
    }
}

// A right answer may sleep in a file in which the solution does: that is the shop's, and no test's.
void judge_right_answer(const fs::path& root, const std::string& stem, const tools::Answer& answer,
                        Findings& findings) {
    const fs::path solution = root / "solutions" / stem;
    for (const auto& [name, text] : tools::overlay_of(answer, solution)) {
        if (!text) continue;
        const bool solution_sleeps =
            fs::exists(solution / name) &&
            std::regex_search(tools::read_file(solution / name), sleeping());
        if (solution_sleeps) continue;
        judge(fs::relative(answer.path, root).generic_string() + "/" + name, *text, findings);
    }
}

}  // namespace

Findings judge_sleeps(const fs::path& root) {
    const fs::path answers = root / "tests" / "answers";
    std::vector<fs::path> files;
    std::vector<std::string> stems;
    if (fs::is_directory(root / "tests")) {
        for (auto entry = fs::recursive_directory_iterator(root / "tests");
             entry != fs::recursive_directory_iterator(); ++entry) {
            if (entry->path() == answers) entry.disable_recursion_pending();
            // The lists of failures and of equivalent faults quote code that is no test's.
            if (entry->is_regular_file() && entry->path().extension() != ".txt")
                files.push_back(fs::relative(entry->path(), root));
        }
    }
    if (fs::is_directory(answers)) {
        for (const auto& entry : fs::directory_iterator(answers))
            stems.push_back(entry.path().filename().string());
    }
    std::sort(files.begin(), files.end());
    std::sort(stems.begin(), stems.end());
    Findings findings;
    for (const fs::path& file : files)
        judge(file.generic_string(), tools::read_file(root / file), findings);
    for (const std::string& stem : stems) {
        for (const tools::Answer& answer : tools::answers_of(root, stem)) {
            if (!answer.is_wrong()) judge_right_answer(root, stem, answer, findings);
        }
    }
    return findings;
}

}  // namespace verify
