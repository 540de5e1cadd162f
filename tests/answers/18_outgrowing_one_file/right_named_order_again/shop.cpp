// One of several shops over one PostgreSQL database.
#include <httplib.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>

#include "earlier/10_exhaustion/session.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "http/json.hpp"
#include "manager.hpp"
#include "pool/metrics.hpp"
#include "postgres/connection.hpp"
#include "postgres/deployment.hpp"
#include "postgres/orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

using Sessions = Pool<PostgresManager>;

// This shop's share of the sessions that the database has for all.
int our_share(const std::string& database) {
    postgres::Connection session(database);
    const auto setting = [&](const std::string& name) {
        return static_cast<int>(session.exec("SHOW " + name).number(0, 0));
    };
    const int for_shops = setting("max_connections") - setting("superuser_reserved_connections") -
                          postgres::sessions_of_others;
    return std::max(for_shops / postgres::shops, 1);
}

// Reserves, charges, and confirms or releases; while the bank thinks, no session is held. The name
// makes each step one that can be done twice, also the bank's. What the bank throws comes out with
// the order still reserved, because it may be paid: whoever settles it (lesson 09) has its name.
Order place_order_once(Sessions& sessions, const NewOrder& order, const std::string& name,
                       Bank& bank) {
    const auto write = [&](auto work) { return unit_of_work(sessions, "POST /orders", work); };
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

// From the beginning, bank and all: under its name each step is done once.
template <typename Work>
auto with_patience(Work work) {
    for (int attempt = 1;; ++attempt) {
        try {
            return work();
        } catch (const postgres::Error& error) {
            if (!is_worth_another_try(error)) throw;
            if (attempt == 20) throw Unavailable("too much is going on");
        }
        step_aside(attempt);
    }
}

Order place_order(Sessions& sessions, const NewOrder& order, Bank& bank) {
    const std::string name = postgres::new_name();
    return with_patience([&] { return place_order_once(sessions, order, name, bank); });
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto sessions = std::make_shared<Sessions>(
        PostgresManager(database), PoolOptions{.max_sessions = our_share(database)});

    server.Get("/items/([0-9]{1,19})", [sessions](const Request& request, Response& response) {
        const auto item = with_patience([&] {
            return unit_of_work(*sessions, holder_of(request), [&](auto& session) {
                return find_item(session, http::parse_id(request));
            });
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
