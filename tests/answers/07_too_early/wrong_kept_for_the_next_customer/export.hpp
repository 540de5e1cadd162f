// Rejected by: While nobody streams the log can be emptied
// Rejected by: A customer who disconnects midway gives her database connection back
// Rejected by: A HEAD request leaves nothing behind
// Overlooks: Until the worker's next export the last one's transaction is open and reads from the
// log, which no checkpoint can empty meanwhile. The export's connection is kept by the worker.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "item_list.hpp"

namespace shop {

using App = Injector<Session, ItemList>;

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [app](const Request& request, Response& response) {
        // Each worker keeps its export prepared, and begins it anew for the next customer.
        thread_local std::shared_ptr<Scope<Session, ItemList>> prepared;
        prepared = std::make_shared<Scope<Session, ItemList>>(app, request);
        std::string first = prepared->get<ItemList>().next_page();
        response.set_chunked_content_provider(
            "application/x-ndjson", [scope = prepared, page = std::move(first)](
                                        std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = scope->get<ItemList>().next_page();
                    return true;
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            });
    });
}

}  // namespace shop
