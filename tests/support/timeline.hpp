// What happened in a test, and the same as text: what a failing test prints under its message. As a
// page it is in timeline_page.hpp.
#pragma once

#include <string>
#include <vector>

namespace support {

struct TimelineEvent {
    enum class Kind { note, request, reply, opened, statement, closed };
    enum class Transaction { unchanged, begun, committed, rolled_back };

    double ms = 0;       // since the test's shop was started
    std::string who;     // "alice (worker 1)"
    int connection = 0;  // 0: none is concerned
    std::string what;
    std::string remark;  // what is remarkable about it, often nothing
    Kind kind = Kind::note;
    int request = -1;  // during which it happened: an index into Timeline::requests
    Transaction transaction = Transaction::unchanged;  // what it made of the connection's
};

struct TimelineRequest {
    std::string name;  // "alice POST /orders"
    int status = 0;    // 0: its handler has not returned
};

struct TimelineConnection {
    std::string summary;  // "opened by alice (worker 1); committed; closed"
    bool is_open = false;
    bool is_leaked = false;       // open although the request that opened it is over
    bool in_transaction = false;  // and open
};

struct Timeline {
    std::vector<TimelineEvent> events;
    std::vector<TimelineRequest> requests;        // in the order of their beginning
    std::vector<TimelineConnection> connections;  // connection 1 is the first
    std::string without_connections =
        "no connection was opened";  // what is said when there is none
};

// One line an event, then one line a connection. A long timeline leaves out what says least and is
// far from its end, and says so, unless the environment variable LEAKLINGS_TIMELINE is "full".
// Empty when nothing happened.
std::string render_timeline(const Timeline& timeline);

// Prints that on standard output as tools look for it there (support/protocol.hpp).
void print_timeline(const Timeline& timeline);

}  // namespace support
