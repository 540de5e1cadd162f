#include <memory>
#include <string>
#include <utility>

#include "earlier/03_yield/scoped.hpp"
#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/12_pass_the_baton/pool.hpp"
#include "earlier/13_hold_and_wait/orders.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "pool/metrics.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/routes.hpp"
#include "worker_limiter.hpp"

namespace shop {
namespace {

// A connection, with a place among those who may wait for it.
template <typename Pool>
Scoped<Session> get_session(std::shared_ptr<WorkerLimiter> limiter, std::shared_ptr<Pool> pool,
                            std::string holder) {
    const auto place = limiter->enter();
    const auto lease = pool->acquire(std::move(holder));
    Session session(*lease);
    co_yield session;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto limiter = std::make_shared<WorkerLimiter>(server.limits().workers);
    server.new_task_queue = [limiter] {
        return new ElasticQueue(limiter);
    };  // the server deletes it

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    add_catalogue<Session>(server, Injector([limiter, pool](const Request& request) {
                               return get_session(limiter, pool, holder_of(request));
                           }));

    server.Post("/orders", [limiter, pool, &bank](const Request& request, Response& response) {
        const auto place = limiter->enter();
        http::reply_created(response, place_order(*pool, http::parse_order(request), bank));
    });

    // Monitoring asks these two. They wait for nothing and nobody.
    add_metrics(server, pool);
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
}

}  // namespace shop
