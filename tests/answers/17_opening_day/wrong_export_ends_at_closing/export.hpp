// Rejected by: An export that is being read when the shop closes does not look whole before it is
// Overlooks: So that no slow reader keeps the shop from closing, an export ends when the shop closes; and half
// of the items look like all of them, because the last chunk says: that is all.

// GET /items.ndjson: all the shop's items, a line each,
// streamed off one statement on a connection of the pool.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "earlier/10_exhaustion/session.hpp"
#include "http/json.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"

namespace shop {

// An export keeps its connection for as long as its customer takes to read it. So there are no more
// than this at a time, and the others find a connection.
inline constexpr int most_exports = 2;

// An export under way. What it has is given back when it goes, the last first.
template <typename Pool>
class Export {
 public:
    Export(Pool& pool, std::shared_ptr<std::atomic<int>> under_way, const std::string& holder)
        : place_(std::move(under_way)),
          lease_(pool.acquire(holder)),
          rows_(*lease_, "SELECT id, title, stock FROM items ORDER BY id") {}

    // The lines of the next items; nothing when there are no more.
    std::string next_page() {
        std::string page;
        for (int i = 0; i < items_a_page && !rows_.isDone() && rows_.executeStep(); ++i) {
            page +=
                http::to_line(Item{rows_.getColumn(0).getInt64(), rows_.getColumn(1).getString(),
                                   rows_.getColumn(2).getInt()});
        }
        return page;
    }

 private:
    static constexpr int items_a_page = 100;

    class Place {
     public:
        explicit Place(std::shared_ptr<std::atomic<int>> taken) : taken_(std::move(taken)) {
            if (++*taken_ <= most_exports) return;
            --*taken_;
            throw Unavailable("others are being told all the items");
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() { --*taken_; }

     private:
        std::shared_ptr<std::atomic<int>> taken_;
    };

    Place place_;
    typename Pool::Lease lease_;
    SQLite::Statement rows_;
};

// Puts it on `server`.
template <typename Workers, typename Pool, typename Shop>
void add_export(httplib::Server& server, std::shared_ptr<Workers> workers,
                std::shared_ptr<Pool> pool, std::shared_ptr<Shop> shop) {
    using httplib::Request;
    using httplib::Response;

    const auto under_way = std::make_shared<std::atomic<int>>(0);
    server.Get("/items.ndjson", [=](const Request& request, Response& response) {
        workers->wait_for_others();
        // The provider owns the export, and the response owns the provider.
        const auto items = std::make_shared<Export<Pool>>(*pool, under_way, holder_of(request));
        std::string first = items->next_page();  // while there is a status to say that it fails
        response.set_chunked_content_provider(
            "application/x-ndjson",
            [items, shop, page = std::move(first)](std::size_t, httplib::DataSink& sink) mutable {
                try {
                    if (page.empty() || !shop->is_ready) {  // the shop closes: no more
                        sink.done();
                        return true;
                    }
                    if (!sink.write(page.data(), page.size())) return false;
                    page = items->next_page();
                    return true;
                } catch (const std::exception& error) {
                    // Rethrown, it would end the process; so she sees it broken.
                    std::fprintf(stderr, "GET /items.ndjson breaks off: %s\n", error.what());
                    return false;
                } catch (...) {
                    std::fputs("GET /items.ndjson breaks off\n", stderr);
                    return false;
                }
            });
    });
}

}  // namespace shop
