#include "support/timeline_page.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <system_error>

#include "http/html.hpp"
#include "support/protocol.hpp"
#include "support/timeline_data.hpp"

namespace support {
namespace {

using Kind = TimelineEvent::Kind;
using Transaction = TimelineEvent::Transaction;

constexpr double long_wait_ms = 100;

// How long the UTF-8 sequence is that `text` begins with; 0 when it begins with none.
std::size_t sequence_at_front(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = byte(0) < 0x80                       ? 1
                             : byte(0) >= 0xC2 && byte(0) <= 0xDF ? 2
                             : (byte(0) & 0xF0) == 0xE0           ? 3
                             : byte(0) >= 0xF0 && byte(0) <= 0xF4 ? 4
                                                                  : 0;
    if (size == 0 || size > text.size()) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    return size;
}

// What is no text, such as a byte out of a blob, becomes the sign for that.
std::string readable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t size = sequence_at_front(text);
        const char c = text.front();
        const bool is_control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
        if (size == 0 || is_control || c == 0x7F) {
            shown += "\uFFFD";
        } else {
            shown += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return shown;
}

std::string escaped(std::string_view text) {
    return http::html_text(readable(text));
}

// What the page says that the ledger does not: who waited, and who was told nothing.
struct Story {
    Timeline timeline;
    std::vector<std::string> threads;                // in order of appearance
    std::vector<std::size_t> last_event_of_request;  // index into events

    explicit Story(const Timeline& told) : timeline(told) {
        last_event_of_request.resize(timeline.requests.size(), 0);
        std::map<int, std::size_t> before;
        for (std::size_t i = 0; i < timeline.events.size(); ++i) {
            TimelineEvent& event = timeline.events[i];
            const std::string thread = thread_of(event.who);
            if (std::find(threads.begin(), threads.end(), thread) == threads.end())
                threads.push_back(thread);
            if (event.request < 0) continue;
            last_event_of_request[static_cast<std::size_t>(event.request)] = i;
            const auto last = before.find(event.request);
            if (last != before.end()) {
                const double gap = event.ms - timeline.events[last->second].ms;
                if (gap >= long_wait_ms)
                    remark(event, fmt::format("waited {:.0f} ms before this", gap));
            }
            before[event.request] = i;
        }
        for (std::size_t i = 0; i < timeline.requests.size(); ++i) {
            if (timeline.requests[i].status == 0)
                remark(timeline.events[last_event_of_request[i]],
                       "the last that it did: it waits, and its customer is told nothing");
        }
    }

    bool is_unanswered(int request) const {
        return request >= 0 && timeline.requests[static_cast<std::size_t>(request)].status == 0;
    }

 private:
    static void remark(TimelineEvent& event, const std::string& text) {
        event.remark += (event.remark.empty() ? "" : "; ") + text;
    }
};

// As the rows are written from top to bottom:
// who is busy with which request, how each connection stands.
struct Moment {
    enum class Connection { unborn, open, in_transaction, closed };
    std::vector<Connection> connections;
    std::map<std::string, int> busy_with;  // thread → request

    explicit Moment(const Story& story)
        : connections(story.timeline.connections.size(), Connection::unborn) {}

    void see(const TimelineEvent& event) {
        if (event.kind == Kind::request || (event.kind != Kind::reply && event.request >= 0))
            busy_with[thread_of(event.who)] = event.request;
        if (event.kind == Kind::reply) busy_with.erase(thread_of(event.who));
        if (event.connection <= 0) return;
        Connection& connection = connections[static_cast<std::size_t>(event.connection) - 1];
        if (event.kind == Kind::opened) connection = Connection::open;
        if (event.transaction == Transaction::begun) connection = Connection::in_transaction;
        if (event.transaction == Transaction::committed ||
            event.transaction == Transaction::rolled_back)
            connection = Connection::open;
        if (event.kind == Kind::closed) connection = Connection::closed;
    }
};

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --soft: #595959; --line: #c8c8c8;
  --head: #f2f2f2; --mark: #9c1c00; --marked: #fff1cc; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #161616; --soft: #ababab; --line: #4a4a4a; --head: #242424;
    --mark: #ffab91; --marked: #3d3210; --link: #8cc4ff; } }
* { box-sizing: border-box; }
body { margin: 1.5rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0 0 .75rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
p, li { max-width: 46rem; } a { color: var(--link); }
.why { border-left: .3rem solid var(--mark); padding-left: .75rem; }
.scroll { overflow: auto; max-height: 85vh; border: 1px solid var(--line); }
table { border-collapse: separate; border-spacing: 0; font-size: .9rem; }
th, td { padding: .15rem .5rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--head);
  border-bottom: 1px solid var(--line); white-space: nowrap; }
td { border-bottom: 1px solid var(--head); }
.ms { text-align: right; color: var(--soft); font-variant-numeric: tabular-nums;
  white-space: nowrap; font-weight: normal; }
.did { min-width: 13rem; max-width: 24rem; overflow-wrap: anywhere; border-left: 1px solid var(--line); }
.busy { border-left: .25rem solid var(--soft); } .stuck { border-left: .25rem dotted var(--mark); }
.life { text-align: center; padding: .15rem .3rem; white-space: nowrap;
  font-family: ui-monospace, monospace; border-left: 1px solid var(--head); }
.open, .tx { background: linear-gradient(var(--soft), var(--soft)) center / .08rem 100% no-repeat; }
.tx { background-image: linear-gradient(var(--ink), var(--ink)); background-size: .3rem 100%; }
.sign { background: var(--paper); border-radius: 50%; padding: 0 .1rem; }
code { font-family: ui-monospace, monospace; } .who { color: var(--soft); }
.says, .leaked { color: var(--mark); font-weight: bold; }
tr.stands-out > *, .stands-out .sign { background-color: var(--marked); }
tr:target > * { outline: .15rem solid var(--mark); outline-offset: -.1rem; }
:focus-visible { outline: .2rem solid var(--link); outline-offset: .1rem; }
.pause td { color: var(--soft); text-align: center; font-style: italic; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print { body { margin: 0; } .scroll { overflow: visible; max-height: none; border: 0; }
  thead th { position: static; } table { font-size: .7rem; } tr { break-inside: avoid; } }
)";

// One of a connection's cells: a sign, and the same as a word, for a screen reader.
std::string life_cell(Moment::Connection before, Moment::Connection after, bool is_here,
                      const TimelineEvent& event) {
    using Connection = Moment::Connection;
    const auto cell = [&](std::string_view sign, std::string_view word) {
        const bool in_transaction = after == Connection::in_transaction && before == after;
        const bool is_open = after != Connection::unborn && after != Connection::closed;
        return fmt::format(R"(<td class="life{}"><span class="sign" aria-hidden="true">{}</span>)"
                           R"(<span class="hidden">{}</span></td>)",
                           in_transaction ? " tx"
                           : is_open      ? " open"
                                          : "",
                           sign, word);
    };
    if (is_here) {
        if (event.kind == Kind::opened) return cell("┬", "opened");
        if (event.kind == Kind::closed) return cell("┴", "closed");
        if (event.transaction == Transaction::begun) return cell("┳", "begins a transaction");
        if (event.transaction == Transaction::committed) return cell("✓", "commits");
        if (event.transaction == Transaction::rolled_back) return cell("↶", "rolls back");
        return cell("●", before == Connection::in_transaction ? "in its transaction" : "used");
    }
    // For who has no style sheet; else the line is drawn over it.
    if (after == Connection::in_transaction)
        return R"(<td class="life tx" aria-hidden="true">┃</td>)";
    if (after == Connection::open) return R"(<td class="life open" aria-hidden="true">│</td>)";
    return R"(<td class="life"></td>)";
}

std::string row(const Story& story, std::size_t index, Moment& moment) {
    const TimelineEvent& event = story.timeline.events[index];
    const Moment before = moment;
    moment.see(event);
    std::string html =
        fmt::format(R"(<tr id="e{}"{}><th scope="row" class="ms">{:.1f}</th>)", index + 1,
                    event.remark.empty() ? "" : R"( class="stands-out")", event.ms);
    for (const std::string& thread : story.threads) {
        const bool is_here = thread_of(event.who) == thread;
        const auto& busy = is_here ? moment.busy_with : before.busy_with;
        const auto request = busy.find(thread);
        const bool is_busy = request != busy.end() || (is_here && event.kind == Kind::reply);
        const bool is_stuck = request != busy.end() && story.is_unanswered(request->second);
        html += fmt::format(R"(<td class="did{}">)", is_stuck ? " stuck" : is_busy ? " busy" : "");
        if (is_here) {
            const std::string customer = customer_of(event.who);
            if (!customer.empty())
                html += fmt::format(R"(<span class="who">{}:</span> )", escaped(customer));
            const bool is_sql = event.kind == Kind::statement;
            const bool is_its_own = event.kind == Kind::opened || event.kind == Kind::closed;
            html += fmt::format("{0}{1}{2}", is_sql ? "<code>" : "", escaped(event.what),
                                is_sql ? "</code>" : "");
            if (event.connection != 0)
                html += fmt::format(R"( <span class="who">{}connection {}</span>)",
                                    is_its_own ? "" : "on ", event.connection);
            if (!event.remark.empty())
                html +=
                    fmt::format(R"(<br/><span class="says">◀ {}</span>)", escaped(event.remark));
        }
        html += "</td>";
    }
    for (std::size_t i = 0; i < moment.connections.size(); ++i) {
        html += life_cell(before.connections[i], moment.connections[i],
                          event.connection == static_cast<int>(i) + 1, event);
    }
    return html + "</tr>\n";
}

// Under the last event: what did not end.
std::string last_row(const Story& story, const Moment& moment) {
    std::string html = R"(<tr id="end"><th scope="row" class="ms">end</th>)";
    for (const std::string& thread : story.threads) {
        const auto request = moment.busy_with.find(thread);
        const bool is_stuck =
            request != moment.busy_with.end() && story.is_unanswered(request->second);
        html += is_stuck ? R"(<td class="did stuck"><span class="says">⧗ still waiting</span></td>)"
                         : R"(<td class="did"></td>)";
    }
    for (std::size_t i = 0; i < moment.connections.size(); ++i) {
        const TimelineConnection& connection = story.timeline.connections[i];
        html += fmt::format(R"(<td class="life">{}</td>)",
                            connection.is_leaked ? R"(<span class="leaked">✗ leaked</span>)"
                            : connection.is_open ? "open"
                                                 : "");
    }
    return html + "</tr>\n";
}

std::string what_stands_out(const Story& story) {
    std::string items;
    for (std::size_t i = 0; i < story.timeline.connections.size(); ++i) {
        const TimelineConnection& connection = story.timeline.connections[i];
        if (!connection.is_leaked) continue;
        items += fmt::format("<li><a href=\"#s{0}\">✗ Connection {0} is leaked</a>: {1}</li>\n",
                             i + 1, escaped(connection.summary));
    }
    for (std::size_t i = 0; i < story.timeline.events.size(); ++i) {
        const TimelineEvent& event = story.timeline.events[i];
        if (event.remark.empty()) continue;
        items +=
            fmt::format("<li><a href=\"#e{}\">◀ {:.1f} ms, {}: {}</a>: {}</li>\n", i + 1, event.ms,
                        escaped(event.who), escaped(event.what), escaped(event.remark));
    }
    if (items.empty()) return "<p>Nothing: see the whole of it below.</p>\n";
    return "<ol>\n" + items + "</ol>\n";
}

std::string table(const Story& story) {
    std::string html =
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The timeline\">\n"
        "<table>\n<caption class=\"hidden\">What happened, the earliest first: a column for each "
        "thread, then one for each connection</caption>\n"
        "<thead><tr><th scope=\"col\" class=\"ms\">ms</th>";
    for (const std::string& thread : story.threads)
        html += fmt::format("<th scope=\"col\">{}</th>", escaped(thread));
    for (std::size_t i = 0; i < story.timeline.connections.size(); ++i)
        html += fmt::format(
            "<th scope=\"col\" class=\"life\"><span class=\"hidden\">connection </span>{}</th>",
            i + 1);
    html += "</tr></thead>\n<tbody>\n";
    Moment moment(story);
    const std::size_t columns = 1 + story.threads.size() + story.timeline.connections.size();
    for (std::size_t i = 0; i < story.timeline.events.size(); ++i) {
        if (i > 0) {
            const double pause = story.timeline.events[i].ms - story.timeline.events[i - 1].ms;
            if (pause >= long_wait_ms) {
                html += fmt::format(
                    "<tr class=\"pause\"><td colspan=\"{}\">for {:.0f} ms nothing "
                    "happens</td></tr>\n",
                    columns, pause);
            }
        }
        html += row(story, i, moment);
    }
    return html + last_row(story, moment) + "</tbody>\n</table>\n</div>\n";
}

std::string connections(const Story& story) {
    if (story.timeline.connections.empty()) {
        return fmt::format("<p>{}</p>\n", escaped(story.timeline.without_connections));
    }
    std::string html = "<ul>\n";
    for (std::size_t i = 0; i < story.timeline.connections.size(); ++i) {
        const TimelineConnection& connection = story.timeline.connections[i];
        html += fmt::format("<li id=\"s{0}\">Connection {0}: {1}{2}{3}</li>\n", i + 1,
                            connection.is_leaked ? "<span class=\"leaked\">" : "",
                            escaped(connection.summary), connection.is_leaked ? "</span>" : "");
    }
    return html + "</ul>\n";
}

}  // namespace

std::string timeline_page(const FailedTest& test, const Timeline& timeline) {
    const Story story(timeline);
    std::string why;
    for (const std::string& message : test.messages) {
        why += fmt::format("<p class=\"why\">{}</p>\n", escaped(message));
    }
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n"
        "<h1><span aria-hidden=\"true\">✗</span> {0}</h1>\n{2}"
        "<h2>What stands out</h2>\n{3}"
        "<h2>What happened</h2>\n"
        "<p>Time runs down. A thread's column has a bar on its left while it serves a request, "
        "dotted "
        "when that request was told nothing. The narrow columns are connections: <code>┬</code> "
        "opened, "
        "<code>│</code> open, <code>┃</code> in a transaction, <code>●</code> used, <code>✓</code> "
        "committed, <code>↶</code> rolled back, <code>┴</code> closed.</p>\n{4}"
        "<h2>How each connection ended</h2>\n{5}"
        "</main>\n{6}{7}{8}\n</body>\n</html>\n",
        escaped(test.name), style, why, what_stands_out(story), table(story), connections(story),
        protocol::data_begins, timeline_data(test, story.timeline, story.threads),
        protocol::data_ends);
}

std::optional<std::filesystem::path> page_of(std::string_view test) {
    constexpr std::size_t longest = 100;
    const char* folder = std::getenv(protocol::pages_variable);
    if (folder == nullptr || *folder == '\0') return std::nullopt;
    std::string name;
    for (const char c : test) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_letter) name += c;
        if (c >= 'A' && c <= 'Z') name += static_cast<char>(c - 'A' + 'a');
        if ((c == ' ' || c == '-' || c == '/') && !name.empty() && name.back() != '_') name += '_';
    }
    return std::filesystem::path(folder) / (name.substr(0, longest) + ".html");
}

std::optional<std::filesystem::path> write_page(const FailedTest& test, const Timeline& timeline) {
    const auto page = page_of(test.name);
    if (!page) return std::nullopt;
    std::error_code error;
    std::filesystem::create_directories(page->parent_path(), error);
    // A browser sees the old page or the new one, never half of one.
    const std::filesystem::path half = page->string() + fmt::format(".{}", ::getpid());
    std::ofstream file(half, std::ios::binary);
    file << timeline_page(test, timeline);
    file.close();
    if (file) std::filesystem::rename(half, *page, error);
    if (!file || error) {
        std::filesystem::remove(half, error);
        return std::nullopt;
    }
    return page;
}

}  // namespace support
