#include "text/patch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "text/text.hpp"

namespace tools {
namespace {

[[noreturn]] void refuse(std::size_t line, const std::string& why) {
    throw PatchError(fmt::format("line {} of the diff: {}", line, why));
}

void require_plain(std::string_view text, const char* what) {
    if (text.find('\r') != std::string_view::npos)
        throw PatchError(fmt::format("{} has carriage returns", what));
    if (!text.empty() && !text.ends_with('\n'))
        throw PatchError(fmt::format("{} does not end with a line end", what));
}

class Reader {
 public:
    explicit Reader(std::string_view diff) : diff_(diff), lines_(lines_of(diff)) {}

    Patch read() {
        while (!at_end() && !begins_file()) ++next_;
        Patch patch;
        patch.opening =
            at_end()
                ? diff_
                : diff_.substr(0, static_cast<std::size_t>(lines_[next_].data() - diff_.data()));
        while (!at_end()) {
            if (begins_file()) {
                patch.files.push_back(read_file_patch());
            } else if (lines_[next_].empty()) {
                ++next_;
            } else {
                refuse(next_ + 1, "more than its hunk's head has counted");
            }
        }
        return patch;
    }

 private:
    bool at_end() const { return next_ == lines_.size(); }
    bool begins_file() const {
        return next_ + 1 < lines_.size() && lines_[next_].starts_with("--- ") &&
               lines_[next_ + 1].starts_with("+++ ");
    }

    FilePatch read_file_patch() {
        FilePatch patch;
        patch.before = lines_[next_++].substr(4);
        patch.after = lines_[next_++].substr(4);
        while (!at_end() && lines_[next_].starts_with("@@")) patch.hunks.push_back(read_hunk());
        if (patch.hunks.empty()) refuse(next_, "no hunk follows, @@ -…");
        return patch;
    }

    Hunk read_hunk() {
        Hunk hunk;
        hunk.line = next_ + 1;
        std::string_view head = lines_[next_++];
        std::size_t to = 0;
        std::size_t before = 0;
        std::size_t after = 0;
        const bool is_head = take(head, "@@ -") && take_range(head, hunk.at, before) &&
                             take(head, " +") && take_range(head, to, after) && take(head, " @@");
        if (!is_head) refuse(hunk.line, "no head of a hunk, @@ -12,7 +12,8 @@");
        while (hunk.before.size() < before || hunk.after.size() < after) {
            if (at_end()) refuse(next_, "its last hunk is cut off");
            const std::string_view line = lines_[next_++];
            const char sign = line.empty() ? ' ' : line.front();
            const std::string_view words = line.substr(line.empty() ? 0 : 1);
            if (sign != ' ' && sign != '-' && sign != '+')
                refuse(next_, "a line of a hunk begins with a blank, - or +");
            if (sign != '+') hunk.before.push_back(words);
            if (sign != '-') hunk.after.push_back(words);
        }
        if (hunk.before.size() > before || hunk.after.size() > after)
            refuse(hunk.line, "the hunk's head counts other lines than there are");
        return hunk;
    }

    static bool take(std::string_view& text, std::string_view what) {
        if (!text.starts_with(what)) return false;
        text.remove_prefix(what.size());
        return true;
    }

    static bool take_number(std::string_view& text, std::size_t& number) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc()) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return true;
    }

    // "12,7", or "12", which is one line.
    static bool take_range(std::string_view& text, std::size_t& first, std::size_t& count) {
        count = 1;
        return take_number(text, first) && (!take(text, ",") || take_number(text, count));
    }

    std::string_view diff_;
    std::vector<std::string_view> lines_;
    std::size_t next_ = 0;
};

bool fits(const Hunk& hunk, const std::vector<std::string_view>& lines, std::size_t place) {
    return place <= lines.size() && lines.size() - place >= hunk.before.size() &&
           std::equal(hunk.before.begin(), hunk.before.end(),
                      lines.begin() + static_cast<std::ptrdiff_t>(place));
}

// Where it says, if it fits there; else the one place where it does, from `first` on.
std::optional<std::size_t> place_of(const Hunk& hunk, const std::vector<std::string_view>& lines,
                                    std::size_t first, std::size_t expected) {
    if (hunk.before.empty()) return std::nullopt;  // it would fit everywhere
    if (expected >= first && fits(hunk, lines, expected)) return expected;
    std::optional<std::size_t> found;
    for (std::size_t place = first; place < lines.size(); ++place) {
        if (!fits(hunk, lines, place)) continue;
        if (found) return std::nullopt;
        found = place;
    }
    return found;
}

[[noreturn]] void refuse_hunk(const Hunk& hunk, std::size_t number,
                              const std::vector<std::string_view>& lines, std::size_t expected) {
    const std::string where = fmt::format("hunk {}, line {} of the diff", number, hunk.line);
    for (std::size_t i = 0; i < hunk.before.size(); ++i) {
        const std::size_t line = expected + i;
        const std::string_view found = line < lines.size() ? lines[line] : "(the end of the file)";
        if (found == hunk.before[i]) continue;
        const std::string label = fmt::format("expected in line {}:", line + 1);
        throw PatchError(fmt::format("{}:\n  {} {}\n  {:<{}} {}", where, label, hunk.before[i],
                                     "found there:", label.size(), found));
    }
    throw PatchError(where + ": it does not say where it belongs");
}

}  // namespace

Patch read_patch(std::string_view diff) {
    require_plain(diff, "the diff");
    return Reader(diff).read();
}

std::string applied(const FilePatch& patch, std::string_view text) {
    std::string result;
    const auto append = [&](std::string_view line) { result.append(line).append("\n"); };
    if (patch.is_whole()) {
        if (patch.hunks.size() != 1 || !patch.hunks.front().before.empty())
            refuse(patch.hunks.front().line, "of a file that is written whole all lines are new");
        for (const std::string_view line : patch.hunks.front().after) append(line);
        return result;
    }
    require_plain(text, "it");
    const std::vector<std::string_view> lines = lines_of(text);
    std::size_t next = 0;     // the first line that is not in the result yet
    std::size_t shifted = 0;  // how far the hunk before was from where it says; may wrap around
    std::size_t number = 0;
    for (const Hunk& hunk : patch.hunks) {
        ++number;
        const std::size_t said = hunk.at == 0 ? 0 : hunk.at - 1;
        const auto place = place_of(hunk, lines, next, said + shifted);
        if (!place) refuse_hunk(hunk, number, lines, said + shifted);
        for (; next < *place; ++next) append(lines[next]);
        for (const std::string_view line : hunk.after) append(line);
        next += hunk.before.size();
        shifted = *place - said;
    }
    for (; next < lines.size(); ++next) append(lines[next]);
    return result;
}

}  // namespace tools
