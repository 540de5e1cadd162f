#include "course/stages.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "text/markdown.hpp"

namespace tools {
namespace {

// "Stage 2: Teardown (40 minutes)"; without the brackets, too.
const std::regex& heading_of_stage() {
    static const std::regex heading("Stage ([0-9]{1,2}): (.*?)( \\(([0-9]{1,3}) minutes\\))?");
    return heading;
}

}  // namespace

std::vector<Stage> stages_in(std::string_view chapter) {
    std::vector<Stage> stages;
    // Most chapters have none, and each verb reads all chapters.
    if (chapter.find("### Stage ") == std::string_view::npos) return stages;
    bool is_in_task = false;
    for (const Heading& heading : headings_of(chapter)) {
        if (heading.level == 2) is_in_task = heading.text == "Your task";
        std::smatch match;
        if (heading.level != 3 || !is_in_task ||
            !std::regex_match(heading.text, match, heading_of_stage()))
            continue;
        stages.push_back({heading.line, std::stoi(match[1]), match[2],
                          match[4].matched ? std::stoi(match[4]) : 0});
    }
    return stages;
}

int stage_of_summary(std::string_view summary) {
    static const std::regex beginning("Stage ([0-9]{1,2}): ");
    std::match_results<std::string_view::const_iterator> match;
    const bool begins = std::regex_search(summary.begin(), summary.end(), match, beginning,
                                          std::regex_constants::match_continuous);
    return begins ? std::stoi(match[1]) : 0;
}

std::vector<StageTally> tally_stages(const std::vector<Test>& tests,
                                     const std::vector<TestResult>& results) {
    std::set<std::string> green;
    for (const TestResult& result : results) {
        if (result.verdict == Verdict::passed) green.insert(result.test.name);
    }
    std::map<int, StageTally> tallies;
    for (const Test& test : tests) {
        if (test.stage == 0) continue;
        StageTally& tally = tallies[test.stage];
        tally.stage = test.stage;
        ++tally.tests;
        if (green.contains(test.name)) ++tally.green;
    }
    std::vector<StageTally> in_order;
    for (const auto& [stage, tally] : tallies) in_order.push_back(tally);
    return in_order;
}

const StageTally* unfinished(const std::vector<StageTally>& tallies) {
    const auto found = std::find_if(tallies.begin(), tallies.end(), [](const StageTally& tally) {
        return tally.green < tally.tests;
    });
    return found == tallies.end() ? nullptr : &*found;
}

}  // namespace tools
