// Rejected by: Nobody reads on for a customer who reads no more
// Overlooks: The log is free soon and the memory too. The whole table is read and written to a disk
// before the first byte, also for a customer who leaves after one line.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <array>
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
        } catch (const std::exception&) {
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

// A file without a name, which goes when it is closed.
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [app](const Request& request, Response& response) {
        // The log is free again before the first byte is sent, and every error is still a 500.
        const std::shared_ptr<File> file = std::make_shared<File>(
            std::tmpfile(), [](std::FILE* open) { return std::fclose(open); });
        if (*file == nullptr) throw std::runtime_error("no temporary file");
        Export items(app, request);
        for (std::string page = items.next_page(); !page.empty(); page = items.next_page()) {
            if (std::fwrite(page.data(), 1, page.size(), file->get()) != page.size()) {
                throw std::runtime_error("the disk is full");
            }
        }
        items.complete();
        std::rewind(file->get());
        response.set_chunked_content_provider(
            "application/x-ndjson", [file](std::size_t, httplib::DataSink& sink) {
                std::array<char, 16'384> bytes{};
                const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), file->get());
                if (count == 0 && std::ferror(file->get()) != 0) return false;
                if (count > 0) return sink.write(bytes.data(), count);
                sink.done();
                return true;
            });
    });
}

}  // namespace shop
