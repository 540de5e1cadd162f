#include "support/ledger.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/connect_interceptor.hpp"
#include "support/failpoints.hpp"
#include "support/patience.hpp"
#include "support/sql_counts.hpp"

namespace support {

using Kind = TimelineEvent::Kind;

// Everything that has happened since one `start()`.
// A connection keeps the page on which it was opened.
struct Ledger::Page {
    struct Connection {
        ConnectionRecord record;
        std::string transaction_of;       // whose the open transaction is: "alice"
        int transaction_request = -1;     // the request that began it
        std::vector<std::string> others;  // who else has written in it
        bool has_written = false;
        bool commit_refused = false;
        int request = -1;  // the request during which it was opened
        std::thread::id opened_on;
    };

    bool connections_are_kept = false;
    bool connections_are_elsewhere = false;
    mutable std::mutex mutex;
    mutable std::condition_variable closed;
    const std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
    std::vector<Connection> connections;
    std::vector<RequestRecord> requests;
    std::vector<TimelineEvent> events;
    std::map<std::thread::id, std::string> threads;
    std::map<std::thread::id, int> current_request;
    int workers = 0;
    int strangers = 0;
    bool refuse_next_commit = false;
    bool deny_next_commit = false;
    bool refuse_rollbacks = false;

    mutable std::shared_mutex before_statement_mutex;  // never taken with `mutex` held
    BeforeStatement before_statement;

    // All of the following: with the mutex held.

    std::string thread_name() {
        std::string& name = threads[std::this_thread::get_id()];
        if (name.empty()) name = "thread " + std::to_string(++strangers);
        return name;
    }

    // "alice (worker 1)" while the thread serves a request, else "worker 1".
    std::string who() {
        const std::string thread = thread_name();
        const auto current = current_request.find(std::this_thread::get_id());
        if (current == current_request.end()) return thread;
        const std::string& request = requests[static_cast<std::size_t>(current->second)].name;
        return request.substr(0, request.find(' ')) + " (" + thread + ")";
    }

    // "alice" while the thread serves a request, else as `who`.
    std::string customer() {
        const std::string name = who();
        return name.substr(0, name.find(" ("));
    }

    int request_of_this_thread() const {
        const auto current = current_request.find(std::this_thread::get_id());
        return current == current_request.end() ? -1 : current->second;
    }

    // The reply to the request that opened the connection is out, and the thread that opened it has
    // no other request yet.
    bool is_after_the_reply(const Connection& connection) const {
        return request_of_this_thread() == -1 && connection.request != -1 &&
               requests[static_cast<std::size_t>(connection.request)].status != 0 &&
               connection.opened_on == std::this_thread::get_id();
    }

    // As `who`, but a thread that goes on with a connection after the reply is still who it was.
    std::string user_of(const Connection& connection) {
        return is_after_the_reply(connection) ? connection.record.opened_by : who();
    }

    std::size_t add(TimelineEvent::Kind kind, int connection, std::string what) {
        const auto since = std::chrono::steady_clock::now() - begin;
        events.push_back({std::chrono::duration<double, std::milli>(since).count(), who(),
                          connection, std::move(what), "", kind, request_of_this_thread()});
        return events.size() - 1;
    }
};

namespace {

thread_local bool unseen = false;

std::string first_word(std::string_view sql) {
    std::string word;
    for (const char c : sql.substr(0, sql.find_first_of(" ;\t\n"))) {
        word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return word;
}

// On one line, with single spaces and without what means nothing.
std::string flattened(std::string_view sql) {
    std::string flat;
    for (const char c : sql) {
        const bool space = c == ' ' || c == '\n' || c == '\t';
        if (!space) flat += c;
        if (space && !flat.empty() && flat.back() != ' ') flat += ' ';
    }
    while (!flat.empty() && (flat.back() == ' ' || flat.back() == ';')) flat.pop_back();
    // "BEGIN" and "BEGIN TRANSACTION" are one; which it is differs between versions of SQLiteCpp.
    constexpr std::string_view filler = " TRANSACTION";
    if (flat.ends_with(filler)) flat.resize(flat.size() - filler.size());
    return flat;
}

// A PRAGMA that only asks for a setting.
bool only_asks(std::string_view sql) {
    return first_word(sql) == "PRAGMA" && sql.find_first_of("=(") == std::string_view::npos;
}

// Settings that somebody reads one after another are one event, if they are more than a few.
std::vector<TimelineEvent> with_settings_folded(std::vector<TimelineEvent> events) {
    constexpr std::ptrdiff_t few = 3;
    for (auto first = events.begin(); first != events.end(); ++first) {
        const auto end = std::find_if_not(first, events.end(), [&](const TimelineEvent& event) {
            return event.kind == Kind::statement && event.connection == first->connection &&
                   event.who == first->who && event.remark.empty() && only_asks(event.what);
        });
        if (end - first <= few) continue;
        first->what = std::to_string(end - first) + " settings read";
        events.erase(first + 1, end);
    }
    return events;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void append(std::string& remark, const std::string& further) {
    remark += (remark.empty() ? "" : "; ") + further;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

}  // namespace

// SQLite's callbacks. Each runs on the thread that uses the connection and under the connection's
// own mutex, so each reads SQLite first and locks the page after,
// and nothing that holds a page calls SQLite.
struct Hooks {
    struct Observer {
        std::shared_ptr<Ledger::Page> page;
        std::size_t index;
        sqlite3* database;
        std::map<sqlite3_stmt*, std::size_t> running;  // statement → its event
        bool has_begun_to_work = false;                // and its settings are not read again
    };

    static int opened(sqlite3* database, const char**, const sqlite3_api_routines*) {
        if (unseen) return SQLITE_OK;
        if (!ConnectInterceptor::may_open()) {
            Ledger::instance().note("a connection cannot be opened");
            return SQLITE_CANTOPEN;
        }
        auto* observer = new Observer{Ledger::instance().page(), 0, database, {}, false};
        {
            Ledger::Page& page = *observer->page;
            const std::lock_guard lock(page.mutex);
            observer->index = page.connections.size();
            Ledger::Page::Connection connection;
            connection.record.number = static_cast<int>(page.connections.size()) + 1;
            connection.record.opened_by = page.who();
            connection.request = page.request_of_this_thread();
            connection.opened_on = std::this_thread::get_id();
            page.connections.push_back(std::move(connection));
            page.add(Kind::opened, static_cast<int>(page.connections.size()), "opened");
        }
        // SQLite owns `observer` from here and hands it to `closed`, also if this call fails.
        const int status = sqlite3_create_function_v2(database, "leaklings_ledger", 0, SQLITE_UTF8,
                                                      observer, nothing, nullptr, nullptr, closed);
        if (status != SQLITE_OK) return status;
        sqlite3_commit_hook(database, committing, observer);
        sqlite3_set_authorizer(database, authorizing, observer);
        return sqlite3_trace_v2(database,
                                SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE | SQLITE_TRACE_ROW, traced,
                                observer);
    }

    static void nothing(sqlite3_context*, int, sqlite3_value**) {}

    static void closed(void* context) {
        const std::unique_ptr<Observer> observer(static_cast<Observer*>(context));
        Ledger::Page& page = *observer->page;
        {
            const std::lock_guard lock(page.mutex);
            Ledger::Page::Connection& connection = page.connections[observer->index];
            connection.record.closed_by = page.user_of(connection);
            const std::size_t event = page.add(Kind::closed, connection.record.number, "closed");
            if (page.is_after_the_reply(connection)) page.events[event].remark = "after the reply";
            if (connection.record.transaction == TransactionState::open) {
                connection.record.transaction = TransactionState::rolled_back;
                connection.record.closed_inside_transaction = true;
                page.events[event].transaction = TimelineEvent::Transaction::rolled_back;
                append(page.events[event].remark, "inside its transaction, which is rolled back");
            }
            if (connection.record.closed_by != connection.record.opened_by) {
                append(page.events[event].remark, "by another than " + connection.record.opened_by);
            }
        }
        page.closed.notify_all();
    }

    static int committing(void* context) {
        auto& observer = *static_cast<Observer*>(context);
        Ledger::Page& page = *observer.page;
        const std::lock_guard lock(page.mutex);
        const bool refused = std::exchange(page.refuse_next_commit, false);
        // One that no statement asked for after `deny_next_commit`: a RELEASE, say.
        const bool denied = std::exchange(page.deny_next_commit, false);
        if (!refused && !denied) return 0;
        page.connections[observer.index].commit_refused = true;
        return 1;
    }

    static int authorizing(void* context, int action, const char* operation, const char*,
                           const char*, const char*) {
        if (action != SQLITE_TRANSACTION) return SQLITE_OK;
        auto& observer = *static_cast<Observer*>(context);
        const std::string_view what = operation;
        const bool has_written = sqlite3_txn_state(observer.database, nullptr) == SQLITE_TXN_WRITE;
        Ledger::Page& page = *observer.page;
        const std::lock_guard lock(page.mutex);
        const bool refused =
            (what == "ROLLBACK" && page.refuse_rollbacks) ||
            (what == "COMMIT" && has_written && std::exchange(page.deny_next_commit, false));
        if (!refused) return SQLITE_OK;
        Ledger::Page::Connection& connection = page.connections[observer.index];
        if (what == "COMMIT") ++connection.record.commits;
        const std::size_t event = page.add(Kind::note, connection.record.number,
                                           std::string(what) + " is refused by the test");
        if (page.is_after_the_reply(connection)) page.events[event].remark = "after the reply";
        return SQLITE_DENY;
    }

    static int traced(unsigned kind, void* context, void* subject, void* detail) {
        if (is_reading_settings()) return 0;
        auto& observer = *static_cast<Observer*>(context);
        auto* statement = static_cast<sqlite3_stmt*>(subject);
        if (kind == SQLITE_TRACE_STMT) {
            // "--" begins the name of a trigger, not a statement.
            if (std::string_view(static_cast<const char*>(detail)).substr(0, 2) != "--") {
                statement_begins(observer, statement);
            }
        } else if (kind == SQLITE_TRACE_ROW) {
            // Not one of the schema's, which SQLite reads by itself.
            if (observer.running.count(statement) > 0) SqlCounts::row_is_handed_out();
        } else if (kind == SQLITE_TRACE_PROFILE) {
            statement_ends(observer, statement, *static_cast<const sqlite3_int64*>(detail));
        }
        return 0;
    }

    static void statement_begins(Observer& observer, sqlite3_stmt* statement) {
        char* expanded = sqlite3_expanded_sql(statement);
        const std::string sql = flattened(expanded == nullptr ? sqlite3_sql(statement) : expanded);
        sqlite3_free(expanded);
        {
            const std::shared_lock lock(observer.page->before_statement_mutex);
            if (observer.page->before_statement) observer.page->before_statement(sql);
        }
        const bool writes = sqlite3_stmt_readonly(statement) == 0;
        const std::string word = first_word(sql);
        reach_failpoint(sql);
        std::optional<Settings> settings;
        if (!observer.has_begun_to_work && word != "PRAGMA" && word != "BEGIN") {
            settings = read_settings(observer.database);
            observer.has_begun_to_work = writes || sqlite3_get_autocommit(observer.database) == 0;
        }
        SqlCounts::statement_begins();

        Ledger::Page& page = *observer.page;
        const std::lock_guard lock(page.mutex);
        Ledger::Page::Connection& connection = page.connections[observer.index];
        if (settings) connection.record.settings = settings;
        add_once(connection.record.used_by, page.user_of(connection));
        // In a request, one that only asks is nothing that happened:
        // a pool asks many of each connection.
        if (!writes && only_asks(sql) && page.request_of_this_thread() != -1) return;
        const std::size_t event = page.add(Kind::statement, connection.record.number, sql);
        observer.running[statement] = event;
        if (word == "COMMIT" || word == "END") ++connection.record.commits;
        std::string& remark = page.events[event].remark;
        const bool after = page.is_after_the_reply(connection);
        if (after) remark = "after the reply";
        if (connection.record.transaction != TransactionState::open) return;
        const bool foreign =
            !after && connection.transaction_request != page.request_of_this_thread();
        if (word == "BEGIN") {
            append(remark,
                   "refused: " + connection.transaction_of + "'s transaction is still open");
        } else if (foreign) {
            remark = "inside " + connection.transaction_of + "'s transaction";
            if (writes) add_once(connection.others, page.customer());
        }
        if (word == "ROLLBACK" && !connection.others.empty()) {
            remark = "undoes also what was written by " + joined(connection.others);
        }
    }

    static void statement_ends(Observer& observer, sqlite3_stmt* statement, sqlite3_int64 ns) {
        const bool in_transaction = sqlite3_get_autocommit(observer.database) == 0;
        const bool writing =
            sqlite3_txn_state(observer.database, nullptr) == SQLITE_TXN_WRITE && in_transaction;
        const bool wanted_to_write = sqlite3_stmt_readonly(statement) == 0;

        Ledger::Page& page = *observer.page;
        const std::lock_guard lock(page.mutex);
        Ledger::Page::Connection& connection = page.connections[observer.index];
        const auto running = observer.running.find(statement);
        if (running == observer.running.end()) return;
        TimelineEvent& event = page.events[running->second];
        observer.running.erase(running);
        const std::string word = first_word(event.what);
        connection.has_written = writing;
        const bool refused = std::exchange(connection.commit_refused, false);
        if (refused) append(event.remark, "the commit fails, and SQLite rolls back");
        if (in_transaction && connection.record.transaction != TransactionState::open) {
            connection.record.transaction = TransactionState::open;
            connection.transaction_of = page.customer();
            connection.transaction_request = page.request_of_this_thread();
            connection.others.clear();
            event.transaction = TimelineEvent::Transaction::begun;
        } else if (!in_transaction && connection.record.transaction == TransactionState::open) {
            const bool committed =
                !refused && (word == "COMMIT" || word == "END" || word == "RELEASE");
            connection.record.transaction =
                committed ? TransactionState::committed : TransactionState::rolled_back;
            event.transaction = committed ? TimelineEvent::Transaction::committed
                                          : TimelineEvent::Transaction::rolled_back;
            if (!committed && !refused && word != "ROLLBACK")
                append(event.remark, "SQLite rolled the transaction back");
        } else if (in_transaction && (word == "COMMIT" || word == "END")) {
            append(event.remark, "refused: the transaction is still open");
        } else if (in_transaction && wanted_to_write && !writing) {
            append(event.remark, "refused: it could not begin to write");
        }
        if (ns > 100'000'000) {
            append(event.remark, "took " + std::to_string(ns / 1'000'000) + " ms");
        }
    }
};

struct Ledger::State {
    std::mutex mutex;
    std::shared_ptr<Page> page = std::make_shared<Page>();
};

Ledger::Ledger() : state_(std::make_unique<State>()) {
    // SQLite's own cast: an extension is handed over as a function without arguments.
    if (sqlite3_auto_extension(reinterpret_cast<void (*)()>(&Hooks::opened)) != SQLITE_OK) {
        throw std::runtime_error(
            "this SQLite takes no automatic extensions, so the tests cannot see what it does "
            "(Apple's own is like that): build against another, such as Homebrew's");
    }
}

Ledger& Ledger::instance() {
    static Ledger ledger;
    return ledger;
}

std::shared_ptr<Ledger::Page> Ledger::page() const {
    const std::lock_guard lock(state_->mutex);
    return state_->page;
}

void Ledger::start() {
    auto fresh = std::make_shared<Page>();
    fresh->threads[std::this_thread::get_id()] = "test";
    const std::lock_guard lock(state_->mutex);
    state_->page = std::move(fresh);
}

void Ledger::connections_are_kept() {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->connections_are_kept = true;
}

int Ledger::open_connections() const {
    const auto all = connections();
    return static_cast<int>(
        std::count_if(all.begin(), all.end(), [](const auto& s) { return s.is_open(); }));
}

int Ledger::opened_connections() const {
    return static_cast<int>(connections().size());
}

std::vector<ConnectionRecord> Ledger::connections() const {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    std::vector<ConnectionRecord> records;
    for (const auto& connection : page->connections) records.push_back(connection.record);
    return records;
}

std::vector<RequestRecord> Ledger::requests() const {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    return page->requests;
}

int Ledger::open_transactions() const {
    const auto all = connections();
    return static_cast<int>(std::count_if(all.begin(), all.end(), [](const auto& s) {
        return s.is_open() && s.transaction == TransactionState::open;
    }));
}

int Ledger::open_writers() const {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    return static_cast<int>(std::count_if(
        page->connections.begin(), page->connections.end(), [](const auto& connection) {
            return connection.record.is_open() && connection.has_written &&
                   connection.record.transaction == TransactionState::open;
        }));
}

bool Ledger::await_all_closed() const {
    const auto page = this->page();
    std::unique_lock lock(page->mutex);
    return page->closed.wait_for(lock, patience(), [&] {
        return std::none_of(page->connections.begin(), page->connections.end(),
                            [](const auto& connection) { return connection.record.is_open(); });
    });
}

void Ledger::refuse_next_commit() {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->refuse_next_commit = true;
}

void Ledger::deny_next_commit() {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->deny_next_commit = true;
}

void Ledger::refuse_rollbacks() {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->refuse_rollbacks = true;
}

void Ledger::before_each_statement(BeforeStatement call) {
    const auto page = this->page();
    const std::unique_lock lock(page->before_statement_mutex);
    page->before_statement = std::move(call);
}

void Ledger::note(std::string_view line) {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->add(Kind::note, 0, std::string(line));
}

void Ledger::i_am(std::string name) {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->threads[std::this_thread::get_id()] = std::move(name);
}

void Ledger::connections_are_elsewhere() {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    page->connections_are_elsewhere = true;
}

void Ledger::request_begins(std::string name) {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    std::string& thread = page->threads[std::this_thread::get_id()];
    if (thread.empty()) thread = "worker " + std::to_string(++page->workers);
    const std::string what = name.substr(name.find(' ') + 1);
    page->requests.push_back({std::move(name), 0, 0});
    page->current_request[std::this_thread::get_id()] = static_cast<int>(page->requests.size()) - 1;
    page->add(Kind::request, 0, what);
}

void Ledger::request_ends(int status) {
    const auto page = this->page();
    const std::lock_guard lock(page->mutex);
    const auto current = page->current_request.find(std::this_thread::get_id());
    if (current == page->current_request.end()) return;
    RequestRecord& request = page->requests[static_cast<std::size_t>(current->second)];
    request.status = status;
    request.left_open = static_cast<int>(std::count_if(
        page->connections.begin(), page->connections.end(), [&](const auto& connection) {
            return connection.request == current->second && connection.record.is_open();
        }));
    const std::size_t event = page->add(Kind::reply, 0, "is told " + std::to_string(status));
    const bool in_transaction = std::any_of(
        page->connections.begin(), page->connections.end(), [&](const auto& connection) {
            return connection.record.is_open() &&
                   connection.transaction_request == current->second &&
                   connection.record.transaction == TransactionState::open;
        });
    std::string& remark = page->events[event].remark;
    if (in_transaction) remark = "its transaction is still open";
    if (request.left_open > 0 && !page->connections_are_kept) {
        append(remark, "leaves " + std::to_string(request.left_open) + " open behind it");
    }
    page->current_request.erase(current);
}

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

Ledger::Unseen::Unseen() : before_(std::exchange(unseen, true)) {}

Ledger::Unseen::~Unseen() {
    unseen = before_;
}

}  // namespace support
