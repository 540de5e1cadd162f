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

using ConnectionPool = Pool<PostgresManager>;

// As many connections as the database has: superusers keep a few for themselves.
int connections_there_are(const std::string& database) {
    postgres::Connection connection(database);
    const auto setting = [&](const std::string& name) {
        return static_cast<int>(connection.exec("SHOW " + name).number(0, 0));
    };
    return setting("max_connections") - setting("superuser_reserved_connections");
}

// Reserves, charges, and confirms or releases; while the bank thinks, no connection is held. The
// name makes each step one that can be done twice, also the bank's. What the bank throws comes out
// with the order still reserved, because it may be paid:
// its name is there to settle it by (lesson 09).
Order place_order(ConnectionPool& pool, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work) { return unit_of_work(pool, "POST /orders", work); };
    const std::string name = postgres::new_name();
    const Order placed = write([&](auto& connection) { return reserve(connection, order, name); });
    if (bank.charge(order, name) == Answer::declined) {
        write([&](auto& connection) { release(connection, placed.id); });
        throw PaymentDeclined();
    }
    if (!write([&](auto& connection) { return confirm(connection, placed.id); })) {
        throw std::logic_error("paid, and not reserved");
    }
    return placed;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto pool = std::make_shared<ConnectionPool>(
        PostgresManager(database), PoolOptions{.max_connections = connections_there_are(database)});

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
