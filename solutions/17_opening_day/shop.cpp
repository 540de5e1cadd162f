// The shop on its opening day: each part from the lesson that made it.
#include "open_shop.hpp"

#include <httplib.h>

#include <chrono>
#include <memory>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/16_graceful_shutdown/shop.hpp"
#include "export.hpp"
#include "http/json.hpp"
#include "http/metrics.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "pool/metrics.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "sweeper.hpp"
#include "workers.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

// The shop, and who sweeps it: begun last, and gone first.
struct SweptShop : Shop {
    using Shop::Shop;
    Sweeper<ConnectionPool> sweeper{pool, tasks, bank};
};

}  // namespace

std::shared_ptr<Shop> open_shop(http::Server& server, const std::string& database, Bank& bank) {
    // A connection that was used a moment ago is lent without asking whether its file is still there.
    const PoolOptions options{.valid_for = std::chrono::milliseconds(100)};
    const auto shop = std::make_shared<SweptShop>(database, bank, options);
    shop->end_background_work = [&sweeper = shop->sweeper] { sweeper.close(); };

    // In the place of lesson 14's limiter.
    const auto workers = std::make_shared<Workers>(server.limits().workers);
    server.new_task_queue = [workers] { return new WorkersQueue(workers); };
    server.set_before_reply([shop, workers](const Request&, Response& response) {
        if (!workers->may_keep_alive()) response.set_header("Connection", "close");
        before_reply(*shop, response);
    });

    const std::shared_ptr<ConnectionLender> connections(shop, &shop->connections);
    add_catalogue<Session>(server, Injector([workers, connections](const Request& request) {
                               workers->serve();
                               return get_session(connections, holder_of(request));
                           }));
    add_export(server, workers, connections);
    server.Post("/orders", [shop, workers](const Request& request, Response& response) {
        workers->wait_for_others();
        const Order order = place_order(shop->connections, shop->sweeper.in_hand(),
                                        http::parse_order(request), key_of(request), shop->bank);
        shop->sweeper.write_receipts();
        http::reply_created(response, order);
    });

    // Monitoring asks these three. They wait for nothing and nobody.
    server.Get("/metrics", [shop](const Request&, Response& response) {
        http::Metrics failures;
        failures.counter("sweeper_failures_total", shop->sweeper.failures());
        response.set_content(to_prometheus(shop->pool.stats()) + failures.text(),
                             "text/plain; version=0.0.4");
    });
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
