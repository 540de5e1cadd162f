#include "support/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace support {
namespace {

constexpr std::size_t most_lines = 48;
constexpr std::size_t widest_statement = 60;

std::string shortened(const std::string& text) {
    return text.size() <= widest_statement ? text : text.substr(0, widest_statement - 3) + "...";
}

// Calls `print(i)` for 0 … count − 1, but for a long middle.
template <typename Print>
void with_middle_left_out(std::string& text, std::size_t count, Print print) {
    const char* wish = std::getenv("LEAKLINGS_TIMELINE");
    const bool all = count <= most_lines || (wish != nullptr && std::string_view(wish) == "full");
    for (std::size_t i = 0; i < count; ++i) {
        if (!all && i == most_lines / 2) {
            const std::size_t left_out = count - most_lines;
            text += fmt::format("     ...  {} lines left out; LEAKLINGS_TIMELINE=full shows them\n",
                                left_out);
            i += left_out;
        }
        print(i);
    }
}

}  // namespace

std::string render_timeline(const Timeline& timeline) {
    const std::vector<TimelineEvent>& events = timeline.events;
    const std::vector<TimelineSession>& sessions = timeline.sessions;
    if (events.empty()) return "";
    std::size_t who_width = 3;
    for (const TimelineEvent& event : events) who_width = std::max(who_width, event.who.size());

    std::string text = fmt::format("{:>8}  {:<{}}  session  what\n", "ms", "who", who_width);
    with_middle_left_out(text, events.size(), [&](std::size_t i) {
        const TimelineEvent& event = events[i];
        text +=
            fmt::format("{:>8.1f}  {:<{}}  {:^7}  {}{}{}\n", event.ms, event.who, who_width,
                        event.session == 0 ? "" : std::to_string(event.session),
                        shortened(event.what), event.remark.empty() ? "" : "  <- ", event.remark);
    });
    if (sessions.empty()) text += fmt::format("  {}\n", timeline.without_sessions);
    with_middle_left_out(text, sessions.size(), [&](std::size_t i) {
        text += fmt::format("  session {}: {}\n", i + 1, sessions[i].summary);
    });
    return text;
}

}  // namespace support
