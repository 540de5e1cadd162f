// Rejected by: When a customer stops reading, so does the export
// Overlooks: The log is free at once, and each export under way is a copy of the database in
// memory, where SQLite holds it instead of the shop.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
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
        const auto copy = std::make_shared<SQLite::Database>(
            ":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        app.call(request, [&](Session& session) {
            session.connection().exec("COMMIT");
            SQLite::Backup(*copy, session.connection()).executeStep();
            session.connection().exec("BEGIN");
            return 0;
        });
        const auto items = std::make_shared<ItemList>(*copy);
        std::string first = items->next_page();
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [copy, items, page = std::move(first)](std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty()) {
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = items->next_page();
                    return true;
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            });
    });
}

}  // namespace shop
