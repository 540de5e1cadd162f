// The shop in which nobody who has a connection waits for another, or for the bank.
#include <httplib.h>

#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/12_pass_the_baton/pool.hpp"
#include "http/json.hpp"
#include "orders.hpp"
#include "pool/metrics.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/routes.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    unit_of_work(*pool, "start", add_outbox);
    const Injector app(
        [pool](const Request& request) { return get_session(pool, holder_of(request)); });

    add_catalogue<Session>(server, app);
    add_metrics(server, pool);

    server.Post("/orders", [pool, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(*pool, http::parse_order(request), bank));
    });
}

}  // namespace shop
