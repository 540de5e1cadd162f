#include "support/ledger_hooks.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/connect_interceptor.hpp"
#include "support/failpoints.hpp"
#include "support/ledger_page.hpp"
#include "support/ledger_words.hpp"
#include "support/sql_counts.hpp"

namespace support {

using Kind = TimelineEvent::Kind;

thread_local bool Hooks::unseen = false;

struct Hooks::Observer {
    std::shared_ptr<Ledger::Page> page;
    std::size_t index;
    sqlite3* database;
    std::map<sqlite3_stmt*, std::size_t> running;  // statement → its event
    bool has_begun_to_work = false;                // and its settings are not read again
};

int Hooks::opened(sqlite3* database, const char**, const sqlite3_api_routines*) {
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
    return sqlite3_trace_v2(database, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE | SQLITE_TRACE_ROW,
                            traced, observer);
}

void Hooks::nothing(sqlite3_context*, int, sqlite3_value**) {}

void Hooks::closed(void* context) {
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

int Hooks::committing(void* context) {
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

int Hooks::authorizing(void* context, int action, const char* operation, const char*, const char*,
                       const char*) {
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

int Hooks::traced(unsigned kind, void* context, void* subject, void* detail) {
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

void Hooks::statement_begins(Observer& observer, sqlite3_stmt* statement) {
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
    const bool foreign = !after && connection.transaction_request != page.request_of_this_thread();
    if (word == "BEGIN") {
        append(remark, "refused: " + connection.transaction_of + "'s transaction is still open");
    } else if (foreign) {
        remark = "inside " + connection.transaction_of + "'s transaction";
        if (writes) add_once(connection.others, page.customer());
    }
    if (word == "ROLLBACK" && !connection.others.empty()) {
        remark = "undoes also what was written by " + joined(connection.others);
    }
}

void Hooks::statement_ends(Observer& observer, sqlite3_stmt* statement, sqlite3_int64 ns) {
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
        const bool committed = !refused && (word == "COMMIT" || word == "END" || word == "RELEASE");
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

}  // namespace support
