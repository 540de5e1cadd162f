// Rejected by: /metrics answers while every connection is taken
// Overlooks: It is asked most when every connection is taken, and then it waits for one.

// The shop with a pool of four connections.
#include <httplib.h>

#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "http/json.hpp"
#include "orders.hpp"
#include "pool.hpp"
#include "pool/metrics.hpp"
#include "session.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/routes.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto pool = std::make_shared<Pool<Engine>>(Engine(database), PoolOptions{});
    const Injector app(
        [pool](const Request& request) { return get_session(pool, holder_of(request)); });

    add_catalogue<Session>(server, app);
    server.Get("/metrics", [app, pool](const Request& request, Response& response) {
        app.call(request, [&](Session& session) {  // the database is there, then
            session.connection().exec("SELECT 1");
            response.set_content(to_prometheus(pool->stats()), "text/plain; version=0.0.4");
        });
    });

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return place_order(session.connection(), http::parse_order(request), bank);
        }));
    });
}

}  // namespace shop
