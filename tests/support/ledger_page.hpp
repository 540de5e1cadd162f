// What the ledger has written down. For its own files.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/ledger.hpp"
#include "support/timeline.hpp"

namespace support {

// Everything that has happened since one `start()`. A connection keeps the page on which it was
// opened.
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

}  // namespace support
