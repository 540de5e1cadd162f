// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>
#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "http/json.hpp"
#include "shop/goods.hpp"

namespace shop {

// A connection with its statement, by SQLite's own interface.
struct Cursor {
    explicit Cursor(const std::string& database) {
        if (sqlite3_open_v2(database.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr) !=
                SQLITE_OK ||
            sqlite3_busy_timeout(connection, 5000) != SQLITE_OK ||
            sqlite3_prepare_v2(connection, "SELECT id, title, stock FROM items ORDER BY id", -1,
                               &rows, nullptr) != SQLITE_OK) {
            const std::string reason = sqlite3_errmsg(connection);
            close();
            throw std::runtime_error(reason);
        }
    }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor() { close(); }

    void close() {
        sqlite3_finalize(rows);
        sqlite3_close(connection);
    }

    sqlite3* connection = nullptr;
    sqlite3_stmt* rows = nullptr;
};

inline void add_export(httplib::Server& server, const std::string& database) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [database](const Request&, Response& response) {
        const auto cursor = std::make_shared<std::optional<Cursor>>(std::in_place, database);
        response.set_chunked_content_provider(
            "application/x-ndjson", [cursor](std::size_t, httplib::DataSink& sink) {
                sqlite3_stmt* rows = (*cursor)->rows;
                std::string lines;
                int status = SQLITE_ROW;
                while (lines.size() < 16'384 && (status = sqlite3_step(rows)) == SQLITE_ROW) {
                    lines += http::to_line(
                        Item{sqlite3_column_int64(rows, 0),
                             reinterpret_cast<const char*>(sqlite3_column_text(rows, 1)),
                             sqlite3_column_int(rows, 2)});
                }
                if (status != SQLITE_ROW && status != SQLITE_DONE) return false;
                if (!lines.empty() && !sink.write(lines.data(), lines.size())) return false;
                if (status == SQLITE_DONE) {
                    cursor->reset();
                    sink.done();
                }
                return true;
            });
    });
}

}  // namespace shop
