// GET /items.ndjson: page after page, each read on a connection that is given back before the page
// is sent. So a customer who does not read holds a worker, and no connection.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "earlier/10_exhaustion/session.hpp"
#include "http/json.hpp"
#include "shop/goods.hpp"

namespace shop {

template <typename Workers, typename Pool>
void add_export(httplib::Server& server, std::shared_ptr<Workers> workers,
                std::shared_ptr<Pool> pool) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [=](const Request& request, Response& response) {
        workers->wait_for_others();
        auto read = [pool, holder = holder_of(request), last = Id{0}]() mutable {
            const auto lease = pool->acquire(holder);
            SQLite::Statement rows(
                *lease, "SELECT id, title, stock FROM items WHERE id > ? ORDER BY id LIMIT 64");
            rows.bind(1, last);
            std::string page;
            while (rows.executeStep()) {
                last = rows.getColumn(0).getInt64();
                page += http::to_line(
                    Item{last, rows.getColumn(1).getString(), rows.getColumn(2).getInt()});
            }
            return page;
        };
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [read = std::move(read)](std::size_t, httplib::DataSink& sink) mutable {
                try {
                    const std::string page = read();
                    if (page.empty()) {
                        sink.done();
                        return true;
                    }
                    return sink.write(page.data(), page.size());
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            });
    });
}

}  // namespace shop
