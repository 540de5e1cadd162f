// The shop that says so itself, on each of its routes, when a customer has to go.
#include <httplib.h>

#include <memory>
#include <string>

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
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "worker_limiter.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto limiter = std::make_shared<WorkerLimiter>(server.limits().workers);
    server.new_task_queue = [limiter] {
        return new WorkerQueue(limiter);
    };  // the server deletes it
    // A handler that decides first whether the customer may stay; a refusal does not change that.
    const auto serving = [limiter](auto handler) {
        return [limiter, handler](const Request& request, Response& response) {
            if (!limiter->may_keep_alive()) response.set_header("Connection", "close");
            handler(request, response);
        };
    };

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    const Injector app([limiter, pool](const Request& request) {
        limiter->require_free_worker();
        return get_session(pool, holder_of(request));
    });
    const auto look_up = [&](const char* path, auto find, const char* otherwise) {
        server.Get(
            path, serving([app, find, otherwise](const Request& request, Response& response) {
                http::reply(response, app.call(request, [&](Session& session) {
                    return found(find(session.connection(), http::parse_id(request)), otherwise);
                }));
            }));
    };
    look_up("/items/([0-9]{1,19})", find_item, "no such item");
    look_up("/orders/([0-9]{1,19})", find_order, "no such order");
    look_up("/reviews/([0-9]{1,19})", find_review, "no such review");

    server.Post("/reviews", serving([app](const Request& request, Response& response) {
                    http::reply_created(response, app.call(request, [&](Session& session) {
                        return found(add_review(session.connection(), http::parse_review(request)),
                                     "no such item");
                    }));
                }));
    server.Post(
        "/orders", serving([limiter, pool, &bank](const Request& request, Response& response) {
            limiter->require_free_worker();
            http::reply_created(response, place_order(*pool, http::parse_order(request), bank));
        }));
    server.Get("/metrics", serving([pool](const Request&, Response& response) {
                   response.set_content(to_prometheus(pool->stats()), "text/plain; version=0.0.4");
               }));
    server.Get("/healthz", serving([](const Request&, Response& response) {
                   response.set_content("ok\n", "text/plain");
               }));
    // A request for a page that does not exist has a connection as well.
    const auto nothing = serving([](const Request&, Response&) { throw NotFound("no such page"); });
    server.Get(".*", nothing);
    server.Post(".*", nothing);
}

}  // namespace shop
