#include "tutor/watch/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text/wrap.hpp"

namespace tutor {
namespace {

// The parts around the body; in a small terminal they leave it at least half of the rows.
struct Around {
    std::vector<std::string> above;
    std::vector<std::string> below;
};

std::vector<std::string> at_most(std::vector<std::string> lines, std::size_t most) {
    if (lines.size() > most) lines.resize(most);
    return lines;
}

std::string rule(std::string_view word, Size size, bool utf8) {
    std::string line;
    const std::string_view dash = utf8 ? "─" : "-";
    const std::size_t room = size.columns - std::min(size.columns, word.size());
    for (std::size_t i = 0; i < room; ++i) line += dash;
    return line + std::string(word.substr(0, size.columns));
}

// Where there is not room for all, those before the last go first: how to leave must be said.
std::vector<std::string> most_of_keys(Frame frame, Size size, bool utf8, std::size_t most) {
    std::vector<std::string> lines = lines_of_keys(frame, size.columns, utf8);
    while (lines.size() > most && frame.keys.size() > 1) {
        frame.keys.erase(frame.keys.end() - 2);
        lines = lines_of_keys(frame, size.columns, utf8);
    }
    return lines;
}

Around around(const Frame& frame, Size size, bool utf8, std::string_view position) {
    const std::size_t room = std::max<std::size_t>(size.rows / 2, 1);
    Around result;
    const std::size_t for_title = size.rows >= 16 ? 3 : size.rows >= 8 ? 2 : 1;
    result.above = at_most(tools::wrap(frame.title, {size.columns, utf8}), for_title);
    if (size.rows >= 12) result.above.emplace_back();
    if (size.rows >= 8) result.below.push_back(rule(position, size, utf8));
    const std::size_t used = result.above.size() + result.below.size();
    const std::size_t left = room > used ? room - used : 1;
    std::vector<std::string> lines = frame.note.empty()
                                         ? most_of_keys(frame, size, utf8, left)
                                         : tools::wrap(frame.note, {size.columns, utf8});
    if (frame.note.empty() && !frame.remark.empty()) {
        const auto more = tools::wrap(frame.remark, {size.columns, utf8});
        lines.insert(lines.end(), more.begin(), more.end());
    }
    lines = at_most(std::move(lines), left);
    result.below.insert(result.below.end(), lines.begin(), lines.end());
    if (result.above.size() + result.below.size() >= size.rows) result.below.clear();
    return result;
}

std::string position_of(const Frame& frame, std::size_t height) {
    const std::size_t end = std::min(frame.top + height, frame.body.size());
    if (frame.top == 0 && end == frame.body.size()) return {};
    const std::size_t below = frame.body.size() - end;
    return below > 0 ? fmt::format(" {} more: space, or the arrows ", below)
                     : std::string(" the end; up: b, or the arrows ");
}

}  // namespace

std::vector<std::string> lines_of_keys(const Frame& frame, std::size_t columns, bool utf8) {
    const std::string_view between = utf8 ? " · " : " | ";
    std::vector<std::string> lines;
    std::size_t used = 0;
    for (const std::string& key : frame.keys) {
        const std::string fitting = tools::cut(key, columns, utf8);
        const std::size_t more = tools::columns_of(fitting);
        if (lines.empty() || used + 3 + more > columns) {
            lines.push_back(fitting);
            used = more;
        } else {
            lines.back() += std::string(between) + fitting;
            used += 3 + more;
        }
    }
    return lines;
}

std::size_t body_height(const Frame& frame, Size size, bool utf8) {
    const Around parts = around(frame, size, utf8, {});
    const std::size_t used = parts.above.size() + parts.below.size();
    return size.rows > used ? size.rows - used : 1;
}

std::size_t top_that_shows(LineRange lines, std::size_t top, std::size_t height) {
    const std::size_t end = lines.first + lines.count;
    if (end > top + height) top = end - height;
    return std::min(top, lines.first);
}

std::vector<std::string> lay_out(const Frame& frame, Size size, bool utf8) {
    const std::size_t height = body_height(frame, size, utf8);
    const Around parts = around(frame, size, utf8, position_of(frame, height));
    std::vector<std::string> rows = parts.above;
    for (std::size_t i = 0; i < height; ++i) {
        const std::size_t line = frame.top + i;
        rows.push_back(line < frame.body.size() ? frame.body[line] : std::string());
    }
    rows.insert(rows.end(), parts.below.begin(), parts.below.end());
    rows.resize(size.rows);
    return rows;
}

void Painter::paint(std::vector<std::string> rows, Size size) {
    std::string out;
    if (painted_.empty() || size != size_) {
        out = "\033[0m\033[2J";
        painted_.assign(rows.size(), std::string());
        size_ = size;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] != painted_[i]) out += fmt::format("\033[{};1H\033[K{}", i + 1, rows[i]);
    }
    // 2026: a terminal that knows it shows nothing of the frame before it has all of it.
    if (!out.empty()) terminal_.draw("\033[?2026h" + out + "\033[?2026l");
    painted_ = std::move(rows);
}

}  // namespace tutor
