// The shop's routes.
#include "open_shop.hpp"

#include <httplib.h>

#include <chrono>
#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "earlier/15_event_loop_closed/receipts.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "pool/metrics.hpp"
#include "report.hpp"
#include "shop.hpp"
#include "shop/catalogue.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

void place_order(const std::shared_ptr<Shop>& shop, const Request& request, Response& response) {
    const Order order = place_order(shop->connections, http::parse_order(request), shop->bank);
    shop->tasks.submit([&shop = *shop, order] { write_receipt(shop.pool, order, shop.bank); });
    http::reply_created(response, order);
}

}  // namespace

std::shared_ptr<Shop> open_shop(http::Server& server, const std::string& database, Bank& bank) {
    const auto shop =
        std::make_shared<Shop>(database, bank, PoolOptions{.max_wait = std::chrono::seconds(30)});
    settle_what_is_reserved(shop->pool, bank);

    const auto limiter = std::make_shared<WorkerLimiter>(server.limits().workers);
    server.new_task_queue = [limiter] { return new WorkerQueue(limiter); };
    server.set_before_reply([shop, limiter](const Request&, Response& response) {
        if (!limiter->may_keep_alive()) response.set_header("Connection", "close");
        before_reply(*shop, response);
    });

    const std::shared_ptr<ConnectionLender> connections(shop, &shop->connections);
    const Injector app([limiter, connections](const Request& request) {
        limiter->require_free_worker();
        return get_session(connections, holder_of(request));
    });
    add_catalogue<Session>(server, app);
    server.Get("/report", [app](const Request& request, Response& response) {
        const std::string text =
            app.call(request, [](Session& session) { return report(session.connection()); });
        response.set_content(text, "text/plain");
    });
    server.Post("/orders", [shop, limiter](const Request& request, Response& response) {
        limiter->require_free_worker();
        place_order(shop, request, response);
    });

    // Monitoring asks these three. They wait for nothing and nobody.
    add_metrics(server, std::shared_ptr<ConnectionPool>(shop, &shop->pool));
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    server.Get("/readyz", [shop](const Request&, Response& response) {
        if (!shop->is_ready) throw Unavailable("the shop is closing");
        response.set_content("ready\n", "text/plain");
    });
    return shop;
}

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    open_shop(server, database, bank);
}

}  // namespace shop
