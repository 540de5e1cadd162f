// The shop with a pool of four connections, by day and by night.
#include <httplib.h>

#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/10_exhaustion/orders.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "http/json.hpp"
#include "manager.hpp"
#include "night_shift.hpp"
#include "pool.hpp"
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
    const Injector app(
        [pool](const Request& request) { return get_session(pool, holder_of(request)); });

    add_catalogue<Session>(server, app);
    add_night_shift<Session>(server, app);
    add_metrics(server, pool);

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return place_order(session.connection(), http::parse_order(request), bank);
        }));
    });
}

}  // namespace shop
