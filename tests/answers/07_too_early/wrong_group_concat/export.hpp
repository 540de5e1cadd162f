// Rejected by: When a customer stops reading, so does the export
// Overlooks: One statement, one row, and the row is the table: SQLite puts it together in memory
// before the first byte leaves.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "item_list.hpp"

namespace shop {

using App = Injector<Session, ItemList>;

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [app](const Request& request, Response& response) {
        const std::string all = app.call(request, [](Session& session) {
            SQLite::Statement row(session.connection(),
                                  "SELECT coalesce(group_concat(json_object('id', id, 'title', "
                                  "title, 'stock', stock) || char(10), ''), '') FROM (SELECT id, "
                                  "title, stock FROM items ORDER BY id)");
            row.executeStep();
            return row.getColumn(0).getString();
        });
        response.set_content(all, "application/x-ndjson");
    });
}

}  // namespace shop
