// The shop over a PostgreSQL database.
#include <httplib.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "earlier/10_exhaustion/session.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "http/json.hpp"
#include "manager.hpp"
#include "pool/metrics.hpp"
#include "postgres/connection.hpp"
#include "postgres/orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

using Sessions = Pool<PostgresManager>;

// As many sessions as the database has: superusers keep a few for themselves.
int sessions_there_are(const std::string& database) {
    postgres::Connection session(database);
    const auto setting = [&](const std::string& name) {
        return static_cast<int>(session.exec("SHOW " + name).number(0, 0));
    };
    return setting("max_connections") - setting("superuser_reserved_connections");
}

// Reserves, charges, and confirms or releases; while the bank thinks, no session is held. The name
// makes each step one that can be done twice, also the bank's. What the bank throws comes out with
// the order still reserved, because it may be paid: whoever settles it (lesson 09) has its name.
Order place_order(Sessions& sessions, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work) { return unit_of_work(sessions, "POST /orders", work); };
    const std::string name = postgres::new_name();
    const Order placed = write([&](auto& session) { return reserve(session, order, name); });
    if (bank.charge(order, name) == Answer::declined) {
        write([&](auto& session) { release(session, placed.id); });
        throw PaymentDeclined();
    }
    if (!write([&](auto& session) { return confirm(session, placed.id); })) {
        throw std::logic_error("paid, and not reserved");
    }
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto sessions = std::make_shared<Sessions>(
        PostgresManager(database), PoolOptions{.max_sessions = sessions_there_are(database)});

    server.Get("/items/([0-9]{1,19})", [sessions](const Request& request, Response& response) {
        const auto item = unit_of_work(*sessions, holder_of(request), [&](auto& session) {
            return find_item(session, http::parse_id(request));
        });
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [sessions](const Request& request, Response& response) {
        const auto order = unit_of_work(*sessions, holder_of(request), [&](auto& session) {
            return find_order(session, http::parse_id(request));
        });
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Post("/orders", [sessions, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(*sessions, http::parse_order(request), bank));
    });

    add_metrics(server, sessions);
}

}  // namespace shop
