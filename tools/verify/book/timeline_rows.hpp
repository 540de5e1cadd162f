// The events of a timeline as a picture tells them: what one thread does on one connection without
// a break is one row.
#pragma once

#include <string>
#include <vector>

#include "course/timeline.hpp"

namespace verify {

struct TimelineRow {
    std::vector<tools::TimelineEvent> events;  // never empty

    const tools::TimelineEvent& front() const { return events.front(); }
    int connection() const { return front().connection; }
    std::string thread() const;    // "worker 1" of "alice (worker 1)"
    std::string customer() const;  // "alice", or empty
    // "BEGIN · SELECT · UPDATE", or a single statement as it is.
    std::string words() const;
};

std::vector<TimelineRow> rows_of(const tools::Timeline& timeline);

// What an event is.
bool opens(const tools::TimelineEvent& event);
bool closes(const tools::TimelineEvent& event);
bool is_statement(const tools::TimelineEvent& event);
bool begins_transaction(const tools::TimelineEvent& event);
bool ends_transaction(const tools::TimelineEvent& event);
bool is_request(const tools::TimelineEvent& event);
bool is_reply(const tools::TimelineEvent& event);
bool is_at_bank(const tools::TimelineEvent& event);

}  // namespace verify
