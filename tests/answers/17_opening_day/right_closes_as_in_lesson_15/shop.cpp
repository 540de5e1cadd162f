// The shop on its opening day: each part from the lesson that made it, and the order in which they
// come and go.
#include <httplib.h>

#include <functional>
#include <memory>
#include <string>

#include "04_depends/catalogue.hpp"
#include "04_depends/depends.hpp"
#include "05_forgotten_pragma/engine.hpp"
#include "09_charged_twice/reservations.hpp"
#include "10_exhaustion/metrics.hpp"
#include "10_exhaustion/session.hpp"
#include "11_dirty_or_stale/manager.hpp"
#include "14_starved_workers/hands.hpp"
#include "15_event_loop_closed/pool.hpp"
#include "15_event_loop_closed/tasks.hpp"
#include "export.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "receipts.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

constexpr std::size_t longest_key = 255;

// Her name for her order; an empty one is none. Some versions of cpp-httplib drop empty headers.
Key key_of(const httplib::Request& request) {
    std::string key = request.get_header_value("Idempotency-Key");
    if (key.empty()) return std::nullopt;
    if (key.size() > longest_key) {
        throw Malformed("Idempotency-Key is longer than " + std::to_string(longest_key) + " bytes");
    }
    return key;
}

}  // namespace

void add_routes(httplib::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto hands = std::make_shared<Hands>(http::limits_of(server).workers);
    server.new_task_queue = [hands] { return new HandsQueue(hands); };  // the server deletes it
    http::before_each_reply(server, [hands](const Request&, Response& response) {
        if (!hands->may_stay()) response.set_header("Connection", "close");
    });

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    const auto receipts = std::make_shared<Receipts<Pool<ConnectionManager>>>(*pool, bank);
    recover(*pool, bank);
    receipts->write_missing();

    add_catalogue<Session>(server, Injector([hands, pool](const Request& request) {
                               hands->require_another();
                               return get_session(pool, holder_of(request));
                           }));
    add_export(server, hands, pool);
    server.Post("/orders", [hands, pool, receipts, &bank](const Request& request,
                                                          Response& response) {
        hands->require_another();
        const Order order = place_order(*pool, http::parse_order(request), key_of(request), bank);
        receipts->write(order);
        http::reply_created(response, order);
    });

    // Whoever watches over the shop asks these. They wait for nothing and nobody.
    add_metrics(server, pool);
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    server.Get("/readyz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });

    http::on_shutdown(server, [pool, receipts](const std::function<void()>& handlers_end) {
        handlers_end();
        receipts->close();
        pool->close();
    });
}

}  // namespace shop
