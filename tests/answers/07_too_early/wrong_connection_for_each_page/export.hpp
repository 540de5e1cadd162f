// Rejected by: The export shows one state of the table, to its last line
// Rejected by: The export takes as many statements for two thousand items as for twenty
// Overlooks: Nothing is held while nobody reads, and thirty pages show the table in thirty states:
// the customer's export has an item that was never beside its neighbour.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <exception>
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
        // Every page has a scope of its own, so none is open while nobody reads.
        const auto page_after = [app, &request](Id& last) {
            return app.call(request, [&](ItemList& items) { return items.page_after(last); });
        };
        Id last = 0;
        std::string first = page_after(last);
        response.set_chunked_content_provider(
            "application/x-ndjson", [page_after, last, page = std::move(first)](
                                        std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = page_after(last);
                    return true;
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            });
    });
}

}  // namespace shop
