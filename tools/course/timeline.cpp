#include "course/timeline.hpp"

#include <charconv>

#include "support/protocol.hpp"
#include "text/text.hpp"

namespace tools {
namespace {

constexpr std::string_view before_remark = "  <- ";
constexpr std::string_view of_connection = "connection ";
constexpr std::string_view left_out = "...";

int number_in(std::string_view text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

bool begins_with_a_time(std::string_view words) {
    return !words.empty() && words.front() >= '0' && words.front() <= '9';
}

// Where the columns begin, as the first line has their heads.
struct Columns {
    std::size_t who = 0;
    std::size_t connection = 0;
    std::size_t what = 0;

    explicit Columns(std::string_view heads)
        : who(heads.find("who")),
          connection(heads.find("connection")),
          what(heads.rfind(protocol::last_column)) {}
    bool are_there() const {
        return who < connection && connection < what && what != std::string_view::npos;
    }
};

std::string cell(std::string_view line, std::size_t begin, std::size_t end) {
    return line.size() <= begin ? "" : std::string(trimmed(line.substr(begin, end - begin)));
}

}  // namespace

Timeline read_timeline(std::string_view text) {
    Timeline timeline;
    const std::vector<std::string_view> lines = lines_of(text);
    if (lines.empty()) return timeline;
    const Columns columns(lines.front());
    if (!columns.are_there()) return timeline;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string_view words = trimmed(lines[i]);
        if (lines[i].starts_with("  connection ")) {
            const std::size_t colon = words.find(": ");
            if (colon == std::string_view::npos) continue;
            timeline.connections.push_back({number_in(words.substr(of_connection.size())),
                                            std::string(words.substr(colon + 2))});
        } else if (words.starts_with(left_out)) {
            timeline.events.push_back({"", 0, std::string(words), ""});
        } else if (begins_with_a_time(words) && lines[i].size() > columns.what) {
            TimelineEvent event;
            event.who = cell(lines[i], columns.who, columns.connection);
            event.connection = number_in(cell(lines[i], columns.connection, columns.what));
            event.what = cell(lines[i], columns.what, lines[i].size());
            const std::size_t remark = event.what.find(before_remark);
            if (remark != std::string::npos) {
                event.remark = event.what.substr(remark + before_remark.size());
                event.what.resize(remark);
            }
            timeline.events.push_back(std::move(event));
        }
    }
    return timeline;
}

}  // namespace tools
