// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "http/json.hpp"
#include "shop/goods.hpp"
#include "texts.hpp"

namespace shop {

// The engine's connection and the statement on it are locals of the coroutine:
// they go when it does.
inline Texts all_lines(Engine engine) {
    SQLite::Database connection = engine.connect();
    SQLite::Statement rows(connection, "SELECT id, title, stock FROM items ORDER BY id");
    while (rows.executeStep()) {
        // Named, because g++ 12 destroys some temporaries of a co_yield twice.
        const Item item{rows.getColumn(0).getInt64(), rows.getColumn(1).getString(),
                        rows.getColumn(2).getInt()};
        std::string line = http::to_line(item);
        co_yield std::move(line);
    }
}

inline void add_export(httplib::Server& server, const Engine& engine) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [engine](const Request&, Response& response) {
        const auto lines = std::make_shared<std::optional<Texts>>(all_lines(engine));
        response.set_chunked_content_provider(
            "application/x-ndjson", [lines](std::size_t, httplib::DataSink& sink) {
                try {
                    if (const std::string* line = (*lines)->next()) {
                        return sink.write(line->data(), line->size());
                    }
                    lines->reset();
                    sink.done();
                    return true;
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            });
    });
}

}  // namespace shop
