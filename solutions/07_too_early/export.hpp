// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdio>
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
        } catch (...) {
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
        // The provider owns the export, and the response owns the provider. So the export goes when
        // the response does, sent or not.
        const auto items = std::make_shared<Export>(app, request);
        std::string first = items->next_page();  // while there is a status to say that it fails
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [items, page = std::move(first)](std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        items->complete();  // it may fail, and after `done` nobody would know
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = items->next_page();
                    return true;
                } catch (const std::exception& error) {
                    // Rethrown, it would end the process. The connection closes without the last
                    // chunk, by which the client knows that this is not the whole export.
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                } catch (...) {  // what is no std::exception would end the process as well
                    std::fputs("GET /items.ndjson breaks off\n", stderr);
                    return false;
                }
            });
    });
}

}  // namespace shop
