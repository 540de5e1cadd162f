// Rejected by: Of two exports at once each is whole
// Overlooks: The second customer's export takes the place of the first one's, who reads on in the
// middle of the second's rows.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <exception>
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
// Thread safe; the request outlives it.
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

    std::string next_page() {
        const std::lock_guard lock(mutex_);
        return scope_.get<ItemList>().next_page();
    }

    // Throws what a teardown throws.
    void complete() {
        const std::lock_guard lock(mutex_);
        is_complete_ = true;
        scope_.leave(nullptr);
    }

 private:
    Scope<Session, ItemList> scope_;
    bool is_complete_ = false;
    std::mutex mutex_;
};

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    // Kept here by name, so that the provider and its copies all have the same one.
    const auto current = std::make_shared<std::weak_ptr<Export>>();
    server.Get("/items.ndjson", [app, current](const Request& request, Response& response) {
        const auto items = std::make_shared<Export>(app, request);
        *current = items;
        std::string first = items->next_page();
        response.set_chunked_content_provider(
            "application/x-ndjson", [items, current, page = std::move(first)](
                                        std::size_t, httplib::DataSink& sink) mutable {
                try {
                    const auto newest = current->lock();
                    const auto& the_export = newest ? newest : items;
                    if (page.empty()) {
                        the_export->complete();
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = the_export->next_page();
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
