// Rejected by: The fifth customer waits, and is served when a connection comes back
// Overlooks: Each pool is bounded, and the shop is not: there may be four connections for each of
// them.

// The shop with a pool of four connections for orders, and another for those who only look.
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

    const auto pool_of = [&](const std::shared_ptr<Pool<Engine>>& pool) {
        return Injector(
            [pool](const Request& request) { return get_session(pool, holder_of(request)); });
    };
    const auto pool = std::make_shared<Pool<Engine>>(Engine(database), PoolOptions{});
    const auto for_readers = std::make_shared<Pool<Engine>>(Engine(database), PoolOptions{});
    const auto app = pool_of(pool);

    add_catalogue<Session>(server, pool_of(for_readers));
    add_metrics(server, pool);

    server.Post("/orders", [app, &bank](const Request& request, Response& response) {
        http::reply_created(response, app.call(request, [&](Session& session) {
            return place_order(session.connection(), http::parse_order(request), bank);
        }));
    });
}

}  // namespace shop
