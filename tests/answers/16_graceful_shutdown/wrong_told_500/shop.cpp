// Rejected by: A query that will not end is interrupted until it does
// Rejected by: At the deadline a customer who waits for a lock is let go
// Overlooks: An interrupted query is not an error of the shop. She may come again, and 503 says so.
// The shop's routes.
#include "shop.hpp"

#include <httplib.h>

#include <chrono>
#include <memory>
#include <string>

#include "04_depends/catalogue.hpp"
#include "04_depends/depends.hpp"
#include "05_forgotten_pragma/engine.hpp"
#include "10_exhaustion/metrics.hpp"
#include "10_exhaustion/session.hpp"
#include "14_starved_workers/hands.hpp"
#include "15_event_loop_closed/receipts.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "orders.hpp"
#include "report.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"

namespace shop {
namespace {

using httplib::Request;
using httplib::Response;

// To every reply, just before it leaves.
void before_reply(const Shop& shop, Response& response) {
    if (!shop.hands->may_stay() || !shop.is_ready) response.set_header("Connection", "close");
}

void place_order(const std::shared_ptr<Shop>& shop, const Request& request, Response& response) {
    const Order order = place_order(shop->sessions, http::parse_order(request), shop->bank);
    shop->tasks.submit([&shop = *shop, order] { write_receipt(shop.pool, order, shop.bank); });
    http::reply_created(response, order);
}

}  // namespace

Shop::Shop(const std::string& database, Bank& bank_, int workers)
    : bank(bank_),
      hands(std::make_shared<Hands>(workers)),
      pool(PatientManager(Engine(database), deadline), {.max_wait = std::chrono::seconds(30)}),
      sessions(pool, deadline) {
    settle_what_is_reserved(pool, bank);
}

void add_routes(httplib::Server& server, const std::shared_ptr<Shop>& shop) {
    server.new_task_queue = [shop] { return new HandsQueue(shop->hands); };
    http::before_each_reply(
        server, [shop](const Request&, Response& response) { before_reply(*shop, response); });

    const std::shared_ptr<Sessions> sessions(shop, &shop->sessions);
    const Injector app([shop, sessions](const Request& request) {
        shop->hands->require_another();
        return get_session(sessions, holder_of(request));
    });
    add_catalogue<Session>(server, app);
    server.Get("/report", [app](const Request& request, Response& response) {
        const std::string text =
            app.call(request, [](Session& session) { return report(session.connection()); });
        response.set_content(text, "text/plain");
    });
    server.Post("/orders", [shop](const Request& request, Response& response) {
        shop->hands->require_another();
        place_order(shop, request, response);
    });

    // Whoever watches over the shop asks these three. They wait for nothing and nobody.
    add_metrics(server, std::shared_ptr<SessionPool>(shop, &shop->pool));
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    server.Get("/readyz", [shop](const Request&, Response& response) {
        if (!shop->is_ready) throw Unavailable("the shop is closing");
        response.set_content("ready\n", "text/plain");
    });
}

void add_routes(httplib::Server& server, const std::string& database, Bank& bank) {
    add_routes(server, std::make_shared<Shop>(database, bank, http::limits_of(server).workers));
}

}  // namespace shop
