// The shop in which nobody who has a connection waits, and which can be asked whether it is alive.
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
#include "shop/routes.hpp"
#include "worker_limiter.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    server.new_task_queue = [count = server.limits().workers] {
        return new WorkerQueue(count);  // the server deletes it
    };

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    add_catalogue<Session>(server, Injector([pool](const Request& request) {
                               return get_session(pool, holder_of(request));
                           }));

    server.Post("/orders", [pool, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(*pool, http::parse_order(request), bank));
    });

    // Monitoring asks these two.
    add_metrics(server, pool);
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
}

}  // namespace shop
