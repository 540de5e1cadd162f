// Rejected by: The export shows one state of the table, to its last line
// Overlooks: The first page is read in one transaction and the others in a second. What is sold
// between them is in neither or in both.

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
        // The first page while there is a status; the rest in a scope that lives with the provider.
        std::string first = app.call(request, [](ItemList& items) { return items.next_page(); });
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [app, &request, scope = std::shared_ptr<Scope<Session, ItemList>>(),
             page = std::move(first)](std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        if (scope) scope->leave(nullptr);
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    if (!scope) {
                        scope = std::make_shared<Scope<Session, ItemList>>(app, request);
                        static_cast<void>(scope->get<ItemList>().next_page());  // has been sent
                    }
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
