// One of several shops over one PostgreSQL database.
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "http/json.hpp"
#include "http/metrics.hpp"
#include "http/server.hpp"
#include "manager.hpp"
#include "pool/metrics.hpp"
#include "pool/pool_on_demand.hpp"
#include "postgres/connection.hpp"
#include "postgres/deployment.hpp"
#include "postgres/orders.hpp"
#include "postgres/sweep.hpp"
#include "shop/bank.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "time/rounds.hpp"
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

// A customer who has paid is worth more trouble than one who looks at a teapot.
constexpr Tries after_the_bank{
    .most = 40, .time = std::chrono::seconds(10), .wait = std::chrono::seconds(10)};

// Brings an order to its end from wherever it stands; while the bank thinks, no connection is held.
// Its name makes each step one that can be done twice, also the bank's. What the bank throws comes
// out with the order still reserved, because it may be paid. Once the bank was asked, nothing that
// fails here invites her to come again and pay twice.
Order settle(ConnectionPool& pool, const postgres::Entry& entry, Bank& bank) {
    const Order& order = entry.order;
    if (entry.state == "confirmed") return order;
    if (entry.state == "declined") throw PaymentDeclined();
    const bool is_paid =
        bank.charge({order.item_id, order.quantity, order.card}, entry.name) == Answer::accepted;
    try {
        unit_of_work(
            pool, "settling",
            [&](auto& connection) {
                if (!is_paid) return release(connection, order.id);
                if (!confirm(connection, order.id)) throw std::logic_error("paid, and declined");
            },
            after_the_bank);
    } catch (const std::exception& error) {  // "come again" may be in it
        throw OutcomeUnknown(error.what());
    }
    if (!is_paid) throw PaymentDeclined();
    return order;
}

Order place_order(ConnectionPool& pool, const NewOrder& order, const postgres::Key& key,
                  Bank& bank) {
    const std::string name = postgres::new_name();
    bool may_be_reserved = false;
    try {
        const postgres::Entry entry = unit_of_work(pool, "POST /orders", [&](auto& connection) {
            postgres::Entry reserved = reserve(connection, order, name, key);
            may_be_reserved = true;  // the COMMIT is next, and its answer may be lost
            return reserved;
        });
        return settle(pool, entry, bank);
    } catch (const Unavailable& error) {  // the sweeper would settle it, and charge her
        if (!may_be_reserved) throw;
        throw OutcomeUnknown(error.what());
    }
}

// Those who have a connection, by name.
std::vector<std::string> holders(const ConnectionPool& pool) {
    std::vector<std::string> names;
    for (const LeaseStats& lease : pool.stats().leases) names.push_back(lease.holder);
    return names;
}

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto pool = std::make_shared<ConnectionPool>([manager = PostgresManager(database)] {
        return std::make_unique<Pool<PostgresManager>>(
            manager, PoolOptions{.max_connections = our_share(manager.connect())});
    });

    const auto limiter = std::make_shared<WorkerLimiter>(server.limits().workers);
    server.new_task_queue = [limiter] { return new WorkerQueue(limiter); };
    server.set_before_reply([limiter](const Request&, Response& response) {
        if (!limiter->may_keep_alive()) response.set_header("Connection", "close");
    });

    server.Get("/items/([0-9]{1,19})", [=](const Request& request, Response& response) {
        limiter->require_free_worker();
        const auto item = unit_of_work(*pool, holder_of(request), [&](auto& connection) {
            return find_item(connection, http::parse_id(request));
        });
        if (!item) throw NotFound("no such item");
        http::reply(response, *item);
    });

    server.Get("/orders/([0-9]{1,19})", [=](const Request& request, Response& response) {
        limiter->require_free_worker();
        const auto order = unit_of_work(*pool, holder_of(request), [&](auto& connection) {
            return find_order(connection, http::parse_id(request));
        });
        if (!order) throw NotFound("no such order");
        http::reply(response, *order);
    });

    server.Post("/orders", [limiter, pool, &bank](const Request& request, Response& response) {
        limiter->require_free_worker();
        http::reply_created(response,
                            place_order(*pool, http::parse_order(request), key_of(request), bank));
    });

    constexpr std::chrono::seconds pause(10);
    const auto sweeper = std::make_shared<Rounds>(pause, pause, [pool, &bank](Rounds& rounds) {
        postgres::sweep(*pool, rounds, [&](const auto& entry) { settle(*pool, entry, bank); });
    });
    server.set_shutdown([sweeper, &bank](const std::function<void()>& handlers_end) {
        handlers_end();
        bank.hang_up();  // the sweeper may be there
        sweeper->close();
    });

    const auto let_go = [pool, &bank] {
        // Beside the others: it may have to wait, and so may they.
        const auto hung_up = std::async(std::launch::async, [&bank] { bank.hang_up(); });
        pool->close();
        postgres::cancel_statements();
    };
    server.set_deadline({.let_go = let_go, .inside = [pool] { return holders(*pool); }});

    // Monitoring asks these three. They wait for nothing and nobody.
    server.Get("/metrics", [pool, sweeper](const Request&, Response& response) {
        http::Metrics failures;
        failures.counter("sweeper_failures_total", sweeper->failures());
        response.set_content(to_prometheus(pool->stats()) + failures.text(),
                             "text/plain; version=0.0.4");
    });
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    server.Get("/readyz", [&server](const Request&, Response& response) {
        if (server.is_closing()) throw Unavailable("the shop is closing");
        response.set_content("ready\n", "text/plain");
    });
}

}  // namespace shop
