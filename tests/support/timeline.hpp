// The timeline as text: what a failing test prints under its message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace support {

struct TimelineEvent {
    double ms = 0;    // since the test's shop was started
    std::string who;  // "alice (worker 1)"
    int session = 0;  // 0: none is concerned
    std::string what;
    std::string remark;  // what is remarkable about it, often nothing
};

// One line an event, then one line a session, or `without_sessions` when there is none. A long
// timeline loses its middle, and says so, unless the environment variable LEAKLINGS_TIMELINE is
// "full".
std::string render_timeline(const std::vector<TimelineEvent>& events,
                            const std::vector<std::string>& sessions,
                            std::string_view without_sessions = "no session was opened");

}  // namespace support
