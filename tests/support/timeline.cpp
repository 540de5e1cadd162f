#include "support/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "support/protocol.hpp"

namespace support {
namespace {

constexpr std::size_t most_lines = 48;
constexpr std::size_t handful = 8;  // not worth a line that says that they are left out
constexpr std::size_t widest_statement = 60;

std::string shortened(const std::string& text) {
    return text.size() <= widest_statement ? text : text.substr(0, widest_statement - 3) + "...";
}

// How much an event has to say, compared with others of a timeline that is too long.
int weight(const Timeline& timeline, const TimelineEvent& event) {
    using Kind = TimelineEvent::Kind;
    if (!event.remark.empty() || event.kind == Kind::note) return 3;
    if (event.connection > 0 &&
        timeline.connections[static_cast<std::size_t>(event.connection - 1)].is_open)
        return 2;
    if (event.request >= 0) {
        const int status = timeline.requests[static_cast<std::size_t>(event.request)].status;
        if (status == 0 || status >= 500) return 2;
    }
    const bool is_statement = event.kind == Kind::statement;
    return is_statement && event.transaction == TimelineEvent::Transaction::unchanged ? 0 : 1;
}

int weight(const TimelineConnection& connection) {
    return connection.is_leaked ? 3 : connection.in_transaction ? 2 : connection.is_open ? 1 : 0;
}

// Which of some lines are shown, if they are too many: the first and the last, and between them
// those that weigh most, the later before the earlier. What is left out is never only a handful.
std::vector<bool> chosen(const std::vector<int>& weights) {
    const std::size_t count = weights.size();
    const char* wish = std::getenv("LEAKLINGS_TIMELINE");
    if (count < most_lines + handful || (wish != nullptr && std::string_view(wish) == "full"))
        return std::vector<bool>(count, true);
    std::vector<bool> shown(count, false);
    std::fill_n(shown.begin(), most_lines / 8, true);
    std::fill_n(shown.rbegin(), most_lines / 3, true);

    std::vector<std::size_t> candidates;
    for (std::size_t i = count; i-- > 0;) {
        if (!shown[i]) candidates.push_back(i);
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
    auto room = most_lines - static_cast<std::size_t>(std::count(shown.begin(), shown.end(), true));
    for (const std::size_t i : candidates) {
        if (shown[i]) continue;
        // With it come its neighbours up to the next that is shown, if they are a handful.
        std::size_t first = i;
        while (!shown[first - 1]) --first;
        std::size_t last = i;
        while (!shown[last + 1]) ++last;
        if (i - first >= handful) first = i;
        if (last - i >= handful) last = i;
        if (last - first + 1 > room) continue;
        room -= last - first + 1;
        for (std::size_t each = first; each <= last; ++each) shown[each] = true;
    }
    return shown;
}

// Calls `print(i)` for each line that is chosen, and says where some are left out.
template <typename Print>
void print_chosen(std::string& text, const std::vector<int>& weights, Print print) {
    const std::vector<bool> shown = chosen(weights);
    for (std::size_t i = 0; i < shown.size();) {
        if (shown[i]) {
            print(i++);
            continue;
        }
        const std::size_t begin = i;
        while (!shown[i]) ++i;
        text += fmt::format("     ...  {} lines left out; LEAKLINGS_TIMELINE=full shows them\n",
                            i - begin);
    }
}

}  // namespace

std::string render_timeline(const Timeline& timeline) {
    const std::vector<TimelineEvent>& events = timeline.events;
    const std::vector<TimelineConnection>& connections = timeline.connections;
    if (events.empty()) return "";
    std::size_t who_width = 3;
    for (const TimelineEvent& event : events) who_width = std::max(who_width, event.who.size());

    std::string text = fmt::format("{:>8}  {:<{}}  connection  {}\n", "ms", "who", who_width,
                                   protocol::last_column);
    std::vector<int> weights;
    for (const TimelineEvent& event : events) weights.push_back(weight(timeline, event));
    print_chosen(text, weights, [&](std::size_t i) {
        const TimelineEvent& event = events[i];
        text +=
            fmt::format("{:>8.1f}  {:<{}}  {:^10}  {}{}{}\n", event.ms, event.who, who_width,
                        event.connection == 0 ? "" : std::to_string(event.connection),
                        shortened(event.what), event.remark.empty() ? "" : "  <- ", event.remark);
    });
    if (connections.empty()) text += fmt::format("  {}\n", timeline.without_connections);
    weights.clear();
    for (const TimelineConnection& connection : connections) weights.push_back(weight(connection));
    print_chosen(text, weights, [&](std::size_t i) {
        text += fmt::format("  connection {}: {}\n", i + 1, connections[i].summary);
    });
    return text;
}

void print_timeline(const Timeline& timeline) {
    std::printf("%s\n%s%s\n", protocol::timeline_begins, render_timeline(timeline).c_str(),
                protocol::timeline_ends);
    std::fflush(stdout);
}

}  // namespace support
