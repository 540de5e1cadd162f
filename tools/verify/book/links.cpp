#include "verify/book/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "text/markdown.hpp"
#include "text/markdown_inline.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;

namespace verify {
namespace {

struct Link {
    std::size_t line = 0;
    std::string target;
};

std::vector<Link> links_in(const std::string& markdown) {
    static const std::regex forms(
        R"rx(\]\(\s*<?([^)>\s]*)>?(?:\s+"[^"]*")?\s*\)|^ {0,3}\[[^\]]+\]:\s*<?([^>\s]+)|(?:href|src)="([^"]*)")rx");
    std::vector<Link> links;
    tools::Fences fences;
    std::size_t number = 0;
    for (const std::string_view line : tools::lines_of(markdown)) {
        ++number;
        if (fences.covers(line)) continue;
        const std::string text = tools::without_code(line);
        for (auto match = std::sregex_iterator(text.begin(), text.end(), forms);
             match != std::sregex_iterator(); ++match) {
            for (std::size_t group = 1; group < match->size(); ++group) {
                if ((*match)[group].matched) links.push_back({number, (*match)[group]});
            }
        }
    }
    return links;
}

// The anchors of a page: its headings', and those that are written out.
std::set<std::string> anchors_in(const std::string& markdown) {
    std::set<std::string> anchors;
    std::map<std::string, int> seen;
    for (const tools::Heading& heading : tools::headings_of(markdown)) {
        const std::string anchor = tools::anchor_of(heading.text);
        const int before = seen[anchor]++;
        anchors.insert(before == 0 ? anchor : fmt::format("{}-{}", anchor, before));
    }
    static const std::regex written(R"rx((?:id|name)="([^"]+)")rx");
    for (auto match = std::sregex_iterator(markdown.begin(), markdown.end(), written);
         match != std::sregex_iterator(); ++match) {
        anchors.insert((*match)[1]);
    }
    return anchors;
}

bool is_elsewhere(const std::string& target) {
    static const std::regex scheme("[A-Za-z][A-Za-z0-9+.-]*:.*");
    return std::regex_match(target, scheme) || target.starts_with("//");
}

std::string decoded(const std::string& target) {
    return tools::replaced(target, "%20", " ");
}

// "pages/x.md" and "anchor" of "pages/x.md#anchor".
std::pair<std::string, std::string> split(const std::string& target) {
    const std::size_t hash = target.find('#');
    if (hash == std::string::npos) return {decoded(target), ""};
    return {decoded(target.substr(0, hash)), target.substr(hash + 1)};
}

void judge_link(const fs::path& root, const fs::path& page, const Link& link, Findings& findings) {
    if (link.target.empty() || is_elsewhere(link.target)) return;
    const auto [file, anchor] = split(link.target);
    const fs::path target = file.empty() ? page : (page.parent_path() / file).lexically_normal();
    const std::string where = fmt::format("{}:{}", page.generic_string(), link.line);
    const std::string shown = fmt::format("the link ({}) to lead somewhere", link.target);
    if (file.starts_with('/') || target.generic_string().starts_with("..")) {
        findings.push_back(
            {where, shown, "it leads out of the repository", "make it relative to this page"});
    } else if (!fs::exists(root / target)) {
        findings.push_back({where, shown, fmt::format("there is no {}", target.generic_string()),
                            "correct the link, or write what it should lead to"});
    } else if (!anchor.empty() && target.extension() == ".md" &&
               !anchors_in(tools::read_file(root / target)).contains(anchor)) {
        findings.push_back(
            {where, shown,
             fmt::format("{} has no heading with the anchor #{}", target.generic_string(), anchor),
             "correct the anchor, or the heading"});
    }
}

std::vector<fs::path> pages_of(const fs::path& root) {
    std::vector<fs::path> pages;
    for (const char* page : {"README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md",
                             "book/pictures/README.md", "tests/README.md", "tools/README.md"}) {
        if (fs::exists(root / page)) pages.emplace_back(page);
    }
    if (fs::is_directory(root / "book")) {
        for (const auto& entry : fs::directory_iterator(root / "book")) {
            if (entry.path().extension() == ".md")
                pages.push_back("book" / entry.path().filename());
        }
    }
    std::sort(pages.begin(), pages.end());
    return pages;
}

}  // namespace

Findings judge_links(const fs::path& root) {
    const fs::path summary = fs::path("book") / "SUMMARY.md";
    Findings findings;
    std::set<fs::path> listed;
    std::vector<fs::path> chapters;
    for (const fs::path& page : pages_of(root)) {
        if (page.parent_path() == "book" && page != summary) chapters.push_back(page);
        for (const Link& link : links_in(tools::read_file(root / page))) {
            judge_link(root, page, link, findings);
            if (page == summary)
                listed.insert((page.parent_path() / split(link.target).first).lexically_normal());
        }
    }
    for (const fs::path& chapter : chapters) {
        if (listed.contains(chapter)) continue;
        findings.push_back({summary.generic_string(),
                            fmt::format("a link to {}", chapter.generic_string()), "none",
                            "add the chapter to the summary"});
    }
    return findings;
}

}  // namespace verify
