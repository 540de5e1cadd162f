// The shop on its opening day: each part from the lesson that made it.
#include "open_shop.hpp"

#include <httplib.h>

#include <exception>
#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "earlier/15_event_loop_closed/receipts.hpp"
#include "earlier/16_graceful_shutdown/shop.hpp"
#include "export.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "pool/metrics.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

// Nobody waits for it. What is not written when the shop ends is written by the next one.
void submit_receipt(Shop& shop, const Order& order) {
    shop.tasks.submit([&shop, order] {
        try {
            write_receipt(shop.pool, order, shop.bank);
        } catch (const std::exception&) {  // or it is there already: she has come again
        }
    });
}

}  // namespace

std::shared_ptr<Shop> open_shop(http::Server& server, const std::string& database, Bank& bank) {
    const auto shop = std::make_shared<Shop>(database, bank, server.limits().workers);
    recover(shop->pool, bank);
    for (const Entry& entry : unit_of_work(shop->pool, "recovery", without_receipt)) {
        submit_receipt(*shop, entry.order);
    }

    server.new_task_queue = [shop] { return new WorkerQueue(shop->limiter); };
    server.set_before_reply(
        [shop](const Request&, Response& response) { before_reply(*shop, response); });

    const std::shared_ptr<Connections> connections(shop, &shop->connections);
    add_catalogue<Session>(server, Injector([shop, connections](const Request& request) {
                               shop->limiter->require_free_worker();
                               return get_session(connections, holder_of(request));
                           }));
    add_export(server, shop->limiter, connections);
    server.Post("/orders", [shop](const Request& request, Response& response) {
        shop->limiter->require_free_worker();
        const Order order =
            place_order(shop->connections, http::parse_order(request), key_of(request), shop->bank);
        submit_receipt(*shop, order);
        http::reply_created(response, order);
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
