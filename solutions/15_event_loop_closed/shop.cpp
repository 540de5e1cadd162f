// The shop that closes in the reverse order of their needs.
#include <httplib.h>

#include <functional>
#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/13_hold_and_wait/orders.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "pool.hpp"
#include "pool/metrics.hpp"
#include "receipts.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/queries.hpp"
#include "shop/routes.hpp"
#include "tasks.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto limiter = std::make_shared<WorkerLimiter>(server.limits().workers);
    server.new_task_queue = [limiter] {
        return new WorkerQueue(limiter);
    };  // the server deletes it
    server.set_before_reply([limiter](const Request&, Response& response) {
        if (!limiter->may_keep_alive()) response.set_header("Connection", "close");
    });

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    const auto tasks = std::make_shared<Tasks>();
    const Injector app([limiter, pool](const Request& request) {
        limiter->require_free_worker();
        return get_session(pool, holder_of(request));
    });
    add_lookups<Session>(server, app);

    server.Post("/orders",
                [limiter, pool, tasks, &bank](const Request& request, Response& response) {
                    limiter->require_free_worker();
                    const Order order = place_order(*pool, http::parse_order(request), bank);
                    tasks->submit([pool, order, &bank] { write_receipt(*pool, order, bank); });
                    http::reply_created(response, order);
                });

    // A customer who writes a review has visited the shop. The reply does not wait for the count.
    server.Post("/reviews", [app, pool, tasks](const Request& request, Response& response) {
        const Review review = app.call(request, [&](Session& session) {
            return found(add_review(session.connection(), http::parse_review(request)),
                         "no such item");
        });
        tasks->submit([pool, customer = request.get_header_value("X-Customer")] {
            unit_of_work(*pool, "visit",
                         [&](SQLite::Database& connection) { welcome(connection, customer); });
        });
        http::reply_created(response, review);
    });

    // Users close before what they use: handlers leave tasks, tasks use the pool.
    server.set_shutdown([pool, tasks](const std::function<void()>& handlers_end) {
        handlers_end();
        tasks->close();
        pool->close();
    });

    add_metrics(server, pool);
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
}

}  // namespace shop
