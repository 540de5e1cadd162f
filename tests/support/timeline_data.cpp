#include "support/timeline_data.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace support {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of_kind(TimelineEvent::Kind kind) {
    switch (kind) {
        case TimelineEvent::Kind::request:
            return "request";
        case TimelineEvent::Kind::reply:
            return "reply";
        case TimelineEvent::Kind::opened:
            return "opened";
        case TimelineEvent::Kind::statement:
            return "statement";
        case TimelineEvent::Kind::closed:
            return "closed";
        case TimelineEvent::Kind::note:
            break;
    }
    return "note";
}

std::string_view name_of_transaction(TimelineEvent::Transaction transaction) {
    switch (transaction) {
        case TimelineEvent::Transaction::begun:
            return "begun";
        case TimelineEvent::Transaction::committed:
            return "committed";
        case TimelineEvent::Transaction::rolled_back:
            return "rolled back";
        case TimelineEvent::Transaction::unchanged:
            break;
    }
    return "";
}

Json to_json(const TimelineEvent& event, const std::vector<std::string>& thread_names) {
    const auto thread = std::find(thread_names.begin(), thread_names.end(), thread_of(event.who));
    return {{"ms", event.ms},
            {"thread", thread - thread_names.begin()},
            {"customer", customer_of(event.who)},
            {"connection", event.connection},
            {"what", event.what},
            {"remark", event.remark},
            {"kind", name_of_kind(event.kind)},
            {"request", event.request},
            {"transaction", name_of_transaction(event.transaction)}};
}

std::string without_tags(std::string_view json) {
    std::string text;
    for (const char c : json) {
        if (c == '<') {
            text += "\\u003c";
        } else if (c == '>') {
            text += "\\u003e";
        } else if (c == '&') {
            text += "\\u0026";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

std::string thread_of(const std::string& who) {
    const std::size_t open = who.rfind(" (");
    return open == std::string::npos || !who.ends_with(')')
               ? who
               : who.substr(open + 2, who.size() - open - 3);
}

std::string customer_of(const std::string& who) {
    const std::string thread = thread_of(who);
    return thread == who ? "" : who.substr(0, who.rfind(" ("));
}

std::string timeline_data(const FailedTest& test, const Timeline& timeline,
                          const std::vector<std::string>& thread_names) {
    Json requests = Json::array();
    for (const TimelineRequest& each : timeline.requests)
        requests.push_back({{"name", each.name}, {"status", each.status}});
    Json connections = Json::array();
    for (const TimelineConnection& each : timeline.connections) {
        connections.push_back(
            {{"summary", each.summary}, {"open", each.is_open}, {"leaked", each.is_leaked}});
    }
    Json events = Json::array();
    for (const TimelineEvent& each : timeline.events) events.push_back(to_json(each, thread_names));
    const Json data = {{"name", test.name},
                       {"messages", test.messages},
                       {"threads", thread_names},
                       {"requests", std::move(requests)},
                       {"connections", std::move(connections)},
                       {"events", std::move(events)}};
    return without_tags(data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace support
