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
        const auto scope = std::make_shared<Scope<Session, ItemList>>(app, request);
        std::string first = scope->get<ItemList>().next_page();
        scope->leave(nullptr);
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [scope, page = std::move(first)](std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = scope->get<ItemList>().next_page();
                    return true;
                } catch (const std::exception& error) {
                    // Rethrown, it would end the process.
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    sink.done();
                    return true;
                }
            });
    });
}

}  // namespace shop
