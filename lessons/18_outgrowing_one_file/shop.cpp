// The shop over a PostgreSQL database.
#include <httplib.h>

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
#include "postgres/deployment.hpp"
#include "postgres/orders.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "unit_of_work.hpp"

namespace shop {
namespace {

using ConnectionPool = PoolOnDemand<Pool<PostgresManager>>;

// Reserves, charges, and confirms or releases; while the bank thinks, no connection is held. The
// name makes each step one that can be done twice, also the bank's. What the bank throws comes out
// with the order still reserved, because it may be paid: its name is there to settle it by (lesson
// 09). Once the bank was asked, nothing that fails here invites her to come again and pay twice.
Order place_order(ConnectionPool& pool, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work) { return unit_of_work(pool, "POST /orders", work); };
    const std::string name = postgres::new_name();
    const Order placed = write([&](auto& connection) { return reserve(connection, order, name); });
    const bool is_paid = bank.charge(order, name) == Answer::accepted;
    try {
        write([&](auto& connection) {
            if (!is_paid) return release(connection, placed.id);
            if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
        });
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
        auto connection = manager.connect();
        return std::make_unique<Pool<PostgresManager>>(
            manager, PoolOptions{.max_connections = postgres::connections_for_all(connection)});
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
