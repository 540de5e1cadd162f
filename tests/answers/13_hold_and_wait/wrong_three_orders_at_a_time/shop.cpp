// The shop that lends each request a connection, and keeps an audit log of its orders.
#include <httplib.h>

#include <memory>
#include <semaphore>
#include <string>

#include "audit_log.hpp"
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
namespace {

using Orders = std::counting_semaphore<3>;

struct AtTheEnd {
    Orders& orders;
    ~AtTheEnd() { orders.release(); }
};

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    const AuditLog audit(pool);
    const Injector app(
        [pool](const Request& request) { return get_session(pool, holder_of(request)); });

    add_catalogue<Session>(server, app);
    add_metrics(server, pool);

    // Orders have two connections each: 3 x (2 - 1) + 1 = 4.
    const auto at_work = std::make_shared<Orders>(3);
    server.Post(
        "/orders", [app, audit, at_work, &bank](const Request& request, Response& response) {
            at_work->acquire();
            const AtTheEnd leave{*at_work};
            http::reply_created(response, app.call(request, [&](Session& session) {
                return place_order(session.connection(), audit, http::parse_order(request), bank);
            }));
        });
}

}  // namespace shop
