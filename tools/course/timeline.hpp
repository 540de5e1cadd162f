// The timeline of a red test, read from the text that tests/support/timeline.cpp prints.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

struct TimelineEvent {
    std::string who;     // "alice (worker 1)"; empty for a line that says that others are left out
    int connection = 0;  // 0: none is concerned
    std::string what;
    std::string remark;  // what is remarkable about it, often nothing
};

struct TimelineConnection {
    int number = 0;
    std::string summary;  // "opened by alice (worker 1); committed; closed"
};

// Without the times: two runs of the same test have the same one, if they went the same way.
struct Timeline {
    std::vector<TimelineEvent> events;
    std::vector<TimelineConnection> connections;
};

// Empty when the text is none.
Timeline read_timeline(std::string_view text);

}  // namespace tools
