// What the ledger tells of what happened.
#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/ledger.hpp"
#include "support/ledger_page.hpp"
#include "support/ledger_words.hpp"
#include "support/timeline.hpp"

namespace support {
namespace {

// Settings that somebody reads one after another are one event, if they are more than a few.
std::vector<TimelineEvent> with_settings_folded(std::vector<TimelineEvent> events) {
    constexpr std::ptrdiff_t few = 3;
    for (auto first = events.begin(); first != events.end(); ++first) {
        const auto end = std::find_if_not(first, events.end(), [&](const TimelineEvent& event) {
            return event.kind == TimelineEvent::Kind::statement &&
                   event.connection == first->connection && event.who == first->who &&
                   event.remark.empty() && only_asks(event.what);
        });
        if (end - first <= few) continue;
        first->what = std::to_string(end - first) + " settings read";
        events.erase(first + 1, end);
    }
    return events;
}

}  // namespace

std::string Ledger::timeline() const {
    return render_timeline(story());
}

Timeline Ledger::story() const {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    Timeline story;
    story.events = with_settings_folded(page->events);
    if (page->connections_are_elsewhere)
        story.without_connections = "its connections are in another process";
    for (const RequestRecord& request : page->requests) {
        story.requests.push_back({request.name, request.status});
    }
    for (const auto& connection : page->connections) {
        TimelineConnection told;
        told.is_open = connection.record.is_open();
        told.is_leaked = told.is_open && connection.request >= 0 && !page->connections_are_kept &&
                         page->requests[static_cast<std::size_t>(connection.request)].status != 0;
        told.summary = "opened by " + connection.record.opened_by;
        if (connection.record.used_by.size() > 1)
            told.summary += "; shared by " + joined(connection.record.used_by);
        switch (connection.record.transaction) {
            case TransactionState::none:
                break;
            case TransactionState::open:
                told.in_transaction = told.is_open;
                told.summary += "; in " + connection.transaction_of + "'s transaction";
                break;
            case TransactionState::committed:
                told.summary += "; committed";
                break;
            case TransactionState::rolled_back:
                told.summary += "; rolled back";
                break;
        }
        told.summary += told.is_leaked ? "; LEAKED: its request is over and it is still open"
                        : told.is_open ? "; still open"
                                       : "; closed";
        story.connections.push_back(std::move(told));
    }
    return story;
}

}  // namespace support
