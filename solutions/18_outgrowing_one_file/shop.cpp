// One of several shops over one PostgreSQL database.
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "earlier/10_exhaustion/session.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "http/json.hpp"
#include "manager.hpp"
#include "pool/metrics.hpp"
#include "pool/pool_on_demand.hpp"
#include "postgres/connection.hpp"
#include "postgres/deployment.hpp"
#include "postgres/orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

using ConnectionPool = PoolOnDemand<Pool<PostgresManager>>;

// This shop's share of the connections that the database has for all.
int our_share(postgres::Connection connection) {
    const int for_shops =
        postgres::connections_for_all(connection) - postgres::connections_of_others;
    return std::max(for_shops / postgres::shops, 1);
}

// Who has paid is worth more trouble than who looks at a teapot.
constexpr Tries after_the_bank{.most = 40, .time = std::chrono::seconds(10)};

// Reserves, charges, and confirms or releases; while the bank thinks, no connection is held. The
// name makes each step one that can be done twice, also the bank's. What the bank throws comes out
// with the order still reserved, because it may be paid: its name is there to settle it by (lesson
// 09). Once the bank was asked, nothing that fails here invites her to come again and pay twice.
Order place_order(ConnectionPool& pool, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work, Tries tries = {}) {
        return unit_of_work(pool, "POST /orders", work, tries);
    };
    const std::string name = postgres::new_name();
    const Order placed = write([&](auto& connection) { return reserve(connection, order, name); });
    const bool is_paid = bank.charge(order, name) == Answer::accepted;
    try {
        write(
            [&](auto& connection) {
                if (!is_paid) return release(connection, placed.id);
                if (!confirm(connection, placed.id))
                    throw std::logic_error("paid, and not reserved");
            },
            after_the_bank);
    } catch (const std::exception& error) {  // "come again" may be in it
        throw OutcomeUnknown(error.what());
    }
    if (!is_paid) throw PaymentDeclined();
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto pool = std::make_shared<ConnectionPool>([manager = PostgresManager(database)] {
        return std::make_unique<Pool<PostgresManager>>(
            manager, PoolOptions{.max_connections = our_share(manager.connect())});
    });

    server.Get("/items/([0-9]{1,19})", [pool](const Request& request, Response& response) {
        const auto item = unit_of_work(*pool, holder_of(request), [&](auto& connection) {
            return find_item(connection, http::parse_id(request));
        });
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [pool](const Request& request, Response& response) {
        const auto order = unit_of_work(*pool, holder_of(request), [&](auto& connection) {
            return find_order(connection, http::parse_id(request));
        });
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Post("/orders", [pool, &bank](const Request& request, Response& response) {
        http::reply_created(response, place_order(*pool, http::parse_order(request), bank));
    });

    add_metrics(server, pool);
}

}  // namespace shop
