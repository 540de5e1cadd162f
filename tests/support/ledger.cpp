#include "support/ledger.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/ledger_hooks.hpp"
#include "support/ledger_page.hpp"
#include "support/ledger_words.hpp"
#include "support/patience.hpp"

namespace support {

using Kind = TimelineEvent::Kind;

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

Ledger::Unseen::Unseen() : before_(std::exchange(Hooks::unseen, true)) {}

Ledger::Unseen::~Unseen() {
    Hooks::unseen = before_;
}

}  // namespace support
