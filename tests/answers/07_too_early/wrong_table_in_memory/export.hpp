// Rejected by: Nobody reads on for a customer who reads no more
// Overlooks: It is whole and its errors are errors, and each export under way is a copy of the
// table in the shop's memory. It works until the table has grown, or ten customers ask at once.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
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

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [app](const Request& request, Response& response) {
        // In the handler every error is still a 500,
        // and the connection is closed before the first byte.
        const auto items = std::make_shared<Export>(app, request);
        std::string all;
        for (std::string page = items->next_page(); !page.empty(); page = items->next_page()) {
            all += page;
        }
        items->complete();
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [all = std::move(all)](std::size_t offset, httplib::DataSink& sink) {
                constexpr std::size_t chunk = 64 * 1024;
                if (offset == all.size()) {
                    sink.done();
                    return true;
                }
                return sink.write(all.data() + offset, std::min(chunk, all.size() - offset));
            });
    });
}

}  // namespace shop
