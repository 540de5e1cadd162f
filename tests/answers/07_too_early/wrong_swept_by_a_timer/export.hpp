// Rejected by: A customer who hangs up midway gives her database connection back
// Rejected by: A customer who stops reading and then hangs up gives her database connection back
// Rejected by: A HEAD request leaves nothing behind
// Overlooks: Until the next sweep a customer who has left still has a connection and the log. The
// more of them leave, the more there are.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "item_list.hpp"

namespace shop {

using App = Injector<Session, ItemList>;

// An export under way, and the scope of all that it needs. The scope is left once: by `complete`,
// or, when the export goes without it, as after an error.
// Used by one thread at a time; the request outlives it.
class Export {
 public:
    Export(const App& app, const httplib::Request& request) : scope_(app, request) {}
    Export(const Export&) = delete;
    Export& operator=(const Export&) = delete;
    ~Export() {
        if (is_complete_) return;
        try {
            scope_.leave(std::make_exception_ptr(std::runtime_error("the export broke off")));
        } catch (const std::exception&) {
            // what was thrown in
        }
    }

    std::string next_page() { return scope_.get<ItemList>().next_page(); }

    // Throws what a teardown throws.
    void complete() {
        is_complete_ = true;
        scope_.leave(nullptr);
    }

 private:
    Scope<Session, ItemList> scope_;
    bool is_complete_ = false;
};

// Keeps exports alive, and drops each when a second has passed since it was last asked for.
class Sweeper {
    using Clock = std::chrono::steady_clock;

 public:
    Sweeper() : thread_([this] { run(); }) {}
    Sweeper(const Sweeper&) = delete;
    Sweeper& operator=(const Sweeper&) = delete;
    ~Sweeper() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }

    void keep(const std::shared_ptr<Export>& one) {
        const std::lock_guard lock(mutex_);
        for (auto& [kept, used] : all_) {
            if (kept == one) {
                used = Clock::now();
                return;
            }
        }
        all_.emplace_back(one, Clock::now());
    }

 private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!over_) {
            changed_.wait_for(lock, std::chrono::milliseconds(100));
            const auto oldest = Clock::now() - std::chrono::seconds(1);
            all_.remove_if([&](const auto& each) { return over_ || each.second < oldest; });
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<std::pair<std::shared_ptr<Export>, Clock::time_point>> all_;
    bool over_ = false;
    std::thread thread_;
};

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    const auto sweeper = std::make_shared<Sweeper>();
    server.Get("/items.ndjson", [app, sweeper](const Request& request, Response& response) {
        const auto items = std::make_shared<Export>(app, request);
        sweeper->keep(items);
        std::string first = items->next_page();  // while there is a status to say that it fails
        response.set_chunked_content_provider(
            "application/x-ndjson", [items, sweeper, page = std::move(first)](
                                        std::size_t, httplib::DataSink& sink) mutable {
                try {
                    sweeper->keep(items);
                    if (page.empty()) {
                        items->complete();  // it may fail, and after `done` nobody would hear of it
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = items->next_page();
                    return true;
                } catch (const std::exception& error) {
                    // Thrown on, it would end the process. The connection closes without the last
                    // chunk, by which the client knows that this is not the whole export.
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            });
    });
}

}  // namespace shop
