// Rejected by: A customer who hangs up midway gives her database connection back
// Rejected by: A customer who stops reading and then hangs up gives her database connection back
// Rejected by: A HEAD request leaves nothing behind
// Overlooks: The end of the stream and the error in it are both thought of. When the customer has
// hung up, or wanted the headers alone, the provider is not called again.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
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

// The exports under way, by number. Thread safe.
class Exports {
 public:
    std::shared_ptr<Export> begin(const App& app, const httplib::Request& request, int& number) {
        auto begun = std::make_shared<Export>(app, request);
        const std::lock_guard lock(mutex_);
        number = ++last_;
        under_way_[number] = begun;
        return begun;
    }
    Export& at(int number) {
        const std::lock_guard lock(mutex_);
        return *under_way_.at(number);
    }
    void end(int number) {
        std::shared_ptr<Export> ended;
        const std::lock_guard lock(mutex_);
        ended = under_way_.at(number);
        under_way_.erase(number);
    }

 private:
    std::mutex mutex_;
    int last_ = 0;
    std::map<int, std::shared_ptr<Export>> under_way_;
};

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    const auto exports = std::make_shared<Exports>();
    server.Get("/items.ndjson", [app, exports](const Request& request, Response& response) {
        int number = 0;
        std::string first = exports->begin(app, request, number)->next_page();
        response.set_chunked_content_provider(
            "application/x-ndjson", [exports, number, page = std::move(first)](
                                        std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        exports->at(number).complete();
                        exports->end(number);
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = exports->at(number).next_page();
                    return true;
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    exports->end(number);
                    return false;
                }
            });
    });
}

}  // namespace shop
