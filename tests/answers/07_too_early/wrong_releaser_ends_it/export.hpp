// Rejected by: A copy of the reply does no harm
// Overlooks: It is done once, by the first releaser. A copy of the reply that is
// dropped before the body is sent has the first.

// GET /items.ndjson: all the shop's items, a line each, streamed while they are read.
#pragma once

#include <httplib.h>

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/session.hpp"
#include "item_list.hpp"

namespace shop {

using App = Injector<Session, ItemList>;

// The scope of an export, ended once, by the stream or a releaser, whichever is first.
class Export {
 public:
    Export(const App& app, const httplib::Request& request) : scope_(app, request) {}

    Scope<Session, ItemList>& scope() { return scope_; }

    void end(const std::exception_ptr& thrown) {
        if (!has_ended_.exchange(true)) scope_.leave(thrown);
    }

 private:
    Scope<Session, ItemList> scope_;
    std::atomic<bool> has_ended_ = false;
};

inline void add_export(httplib::Server& server, const App& app) {
    using httplib::Request;
    using httplib::Response;

    server.Get("/items.ndjson", [app](const Request& request, Response& response) {
        const auto items = std::make_shared<Export>(app, request);
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [items](std::size_t, httplib::DataSink& sink) {
                try {
                    const std::string page = items->scope().get<ItemList>().next_page();
                    if (!page.empty()) return sink.write(page.data(), page.size());
                    items->end(nullptr);
                    sink.done();
                    return true;
                } catch (const std::exception& error) {
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                }
            },
            [items](bool) {
                try {
                    items->end(std::make_exception_ptr(std::runtime_error("the stream broke off")));
                } catch (const std::exception&) {
                    // what was thrown in
                }
            });
    });
}

}  // namespace shop
