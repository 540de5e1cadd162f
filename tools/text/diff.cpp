#include "text/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace tools {
namespace {

constexpr std::size_t context = 3;

struct Edit {
    char sign;  // ' ', '-' or '+'
    std::string_view line;
};

// By the longest common subsequence, in a table: the files of a lesson are short.
std::vector<Edit> edits_between(const std::vector<std::string_view>& a,
                                const std::vector<std::string_view>& b) {
    const std::size_t columns = b.size() + 1;
    std::vector<std::size_t> common((a.size() + 1) * columns,
                                    0);  // of what begins at a[i] and b[j]
    const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return common[i * columns + j];
    };
    for (std::size_t i = a.size(); i-- > 0;) {
        for (std::size_t j = b.size(); j-- > 0;) {
            at(i, j) = a[i] == b[j] ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
        }
    }
    std::vector<Edit> edits;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            edits.push_back({' ', a[i++]});
            ++j;
        } else if (j == b.size() || (i < a.size() && at(i + 1, j) >= at(i, j + 1))) {
            edits.push_back({'-', a[i++]});
        } else {
            edits.push_back({'+', b[j++]});
        }
    }
    return edits;
}

// The "12,3" of a hunk's head.
std::string range(std::size_t first, std::size_t count) {
    if (count == 1) return std::to_string(first);
    return fmt::format("{},{}", count == 0 ? first - 1 : first, count);
}

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    if (!fs::is_directory(folder)) return names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file()) names.insert(entry.path().filename().string());
    }
    return names;
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view label_before, std::string_view label_after) {
    const std::vector<Edit> edits = edits_between(lines_of(before), lines_of(after));
    const auto changed = [](const Edit& edit) { return edit.sign != ' '; };
    std::string text;
    std::size_t line_before = 1;
    std::size_t line_after = 1;
    std::size_t done = 0;
    const auto pass = [&](std::size_t end) {
        for (; done < end; ++done) {
            line_before += edits[done].sign != '+' ? 1 : 0;
            line_after += edits[done].sign != '-' ? 1 : 0;
        }
    };
    while (true) {
        const auto next =
            std::find_if(edits.begin() + static_cast<std::ptrdiff_t>(done), edits.end(), changed);
        if (next == edits.end()) break;
        const auto first = static_cast<std::size_t>(next - edits.begin());
        std::size_t last = first;  // the last change of this hunk
        for (std::size_t i = first; i < edits.size() && i <= last + 2 * context + 1; ++i) {
            if (changed(edits[i])) last = i;
        }
        const std::size_t begin = first - std::min(context, first - done);
        const std::size_t end = std::min(last + 1 + context, edits.size());
        pass(begin);
        const std::size_t from_before = line_before;
        const std::size_t from_after = line_after;
        std::string body;
        for (std::size_t i = begin; i < end; ++i)
            body += fmt::format("{}{}\n", edits[i].sign, edits[i].line);
        pass(end);
        text += fmt::format("@@ -{} +{} @@\n{}", range(from_before, line_before - from_before),
                            range(from_after, line_after - from_after), body);
    }
    if (text.empty()) return text;
    return fmt::format("--- {}\n+++ {}\n{}", label_before, label_after, text);
}

std::string folders_diff(const fs::path& root, const fs::path& before, const fs::path& after) {
    std::set<std::string> names = names_in(root / before);
    names.merge(names_in(root / after));
    const auto text_of = [&](const fs::path& file) {
        return fs::exists(root / file) ? read_file(root / file) : std::string();
    };
    const auto label_of = [&](const fs::path& file) {
        return fs::exists(root / file) ? file.generic_string() : std::string("/dev/null");
    };
    std::string text;
    for (const std::string& name : names) {
        text += unified_diff(text_of(before / name), text_of(after / name), label_of(before / name),
                             label_of(after / name));
    }
    return text;
}

}  // namespace tools
