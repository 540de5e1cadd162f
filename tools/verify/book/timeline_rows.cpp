#include "verify/book/timeline_rows.hpp"

namespace verify {
namespace {

constexpr std::size_t longest_short_statement = 15;  // BEGIN IMMEDIATE

}  // namespace

std::string TimelineRow::thread() const {
    const std::string& who = front().who;
    const std::size_t open = who.rfind(" (");
    const bool has_both = open != std::string::npos && who.ends_with(')');
    return has_both ? who.substr(open + 2, who.size() - open - 3) : who;
}

std::string TimelineRow::customer() const {
    return thread() == front().who ? "" : front().who.substr(0, front().who.rfind(" ("));
}

std::string TimelineRow::words() const {
    if (events.size() == 1) return front().what;
    std::string words;
    for (const tools::TimelineEvent& event : events) {
        if (event.what.starts_with("PRAGMA")) continue;
        const bool is_short = event.what.size() <= longest_short_statement;
        if (!words.empty()) words += " · ";
        words += is_short ? event.what : event.what.substr(0, event.what.find(' '));
    }
    return words.empty() ? "PRAGMA" : words;
}

std::vector<TimelineRow> rows_of(const tools::Timeline& timeline) {
    std::vector<TimelineRow> rows;
    for (const tools::TimelineEvent& event : timeline.events) {
        const bool goes_on = !rows.empty() && event.connection > 0 && event.remark.empty() &&
                             rows.back().front().who == event.who &&
                             rows.back().connection() == event.connection &&
                             rows.back().front().remark.empty();
        if (goes_on) {
            rows.back().events.push_back(event);
        } else {
            rows.push_back({{event}});
        }
    }
    return rows;
}

bool opens(const tools::TimelineEvent& event) {
    return event.connection > 0 && event.what == "opened";
}

bool closes(const tools::TimelineEvent& event) {
    return event.connection > 0 && event.what == "closed";
}

bool is_statement(const tools::TimelineEvent& event) {
    return event.connection > 0 && !opens(event) && !closes(event);
}

bool begins_transaction(const tools::TimelineEvent& event) {
    return is_statement(event) && event.what.starts_with("BEGIN");
}

bool ends_transaction(const tools::TimelineEvent& event) {
    return is_statement(event) &&
           (event.what.starts_with("COMMIT") || event.what.starts_with("END") ||
            (event.what.starts_with("ROLLBACK") && !event.what.starts_with("ROLLBACK TO")));
}

bool is_request(const tools::TimelineEvent& event) {
    const bool has_method = event.what.starts_with("GET /") || event.what.starts_with("POST /");
    return event.connection == 0 && has_method && event.what.find(": ") == std::string::npos;
}

bool is_reply(const tools::TimelineEvent& event) {
    return event.connection == 0 && event.what.starts_with("is told ");
}

bool is_at_bank(const tools::TimelineEvent& event) {
    return event.what.ends_with("the bank is thinking");
}

}  // namespace verify
