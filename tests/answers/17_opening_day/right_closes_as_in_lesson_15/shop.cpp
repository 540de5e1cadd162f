// The shop on its opening day: each part from the lesson that made it,
// and the order in which they come and go.
#include <httplib.h>

#include <functional>
#include <memory>
#include <semaphore>
#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "earlier/15_event_loop_closed/tasks.hpp"
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

namespace shop {
namespace {

// Exports are few in any case: see export.hpp.
struct Limiter : WorkerLimiter {
    using WorkerLimiter::WorkerLimiter;
    void wait_for_others() const { require_free_worker(); }
};

using Places = std::counting_semaphore<>;

class Place {
 public:
    explicit Place(Places& places) : places_(places) {
        if (!places_.try_acquire()) throw Unavailable("too many are at the bank");
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { places_.release(); }

 private:
    Places& places_;
};

}  // namespace

void add_routes(http::Server& server, const std::string& database, Bank& bank) {
    using httplib::Request;
    using httplib::Response;

    const auto limiter = std::make_shared<Limiter>(server.limits().workers);
    const auto places_at_the_bank = std::make_shared<Places>(limiter->count() / 2);
    server.new_task_queue = [limiter] {
        return new WorkerQueue(limiter);
    };  // the server deletes it
    server.set_before_reply([limiter](const Request&, Response& response) {
        if (!limiter->may_keep_alive()) response.set_header("Connection", "close");
    });

    const auto pool =
        std::make_shared<Pool<ConnectionManager>>(ConnectionManager(Engine(database)));
    const auto tasks = std::make_shared<Tasks>();
    const auto sweeper = std::make_shared<Sweeper<Pool<ConnectionManager>>>(*pool, *tasks, bank);

    add_catalogue<Session>(server, Injector([limiter, pool](const Request& request) {
                               limiter->require_free_worker();
                               return get_session(pool, holder_of(request));
                           }));
    add_export(server, limiter, pool);
    server.Post("/orders", [=, &bank](const Request& request, Response& response) {
        limiter->require_free_worker();
        const Place place(*places_at_the_bank);
        const Order order = place_order(*pool, sweeper->in_hand(), http::parse_order(request),
                                        key_of(request), bank);
        sweeper->write_receipts();
        http::reply_created(response, order);
    });

    // Monitoring asks these. They wait for nothing and nobody.
    server.Get("/metrics", [=](const Request&, Response& response) {
        http::Metrics failures;
        failures.counter("sweeper_failures_total", sweeper->failures());
        response.set_content(to_prometheus(pool->stats()) + failures.text(),
                             "text/plain; version=0.0.4");
    });
    server.Get("/healthz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    server.Get("/readyz", [](const Request&, Response& response) {
        response.set_content("ok\n", "text/plain");
    });

    server.set_shutdown([pool, tasks, sweeper, &bank](const std::function<void()>& handlers_end) {
        handlers_end();
        tasks->close();
        bank.hang_up();
        sweeper->close();
        pool->close();
    });
}

}  // namespace shop
