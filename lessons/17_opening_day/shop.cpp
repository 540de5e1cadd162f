// The shop on the day before it opens: it runs, and has nothing to say yet. Its parts are in the
// earlier lessons; those that it will need are included here.
#include <httplib.h>

#include <string>

#include "earlier/04_depends/depends.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/10_exhaustion/session.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"
#include "earlier/15_event_loop_closed/receipts.hpp"
#include "earlier/15_event_loop_closed/tasks.hpp"
#include "earlier/16_graceful_shutdown/connections.hpp"
#include "earlier/16_graceful_shutdown/shop.hpp"
#include "http/json.hpp"
#include "http/server.hpp"
#include "pool/metrics.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "shop/routes.hpp"
#include "shop/serve.hpp"

namespace shop {

void add_routes(http::Server& server, const std::string& /*database*/, Bank& /*bank*/) {
    using httplib::Request;
    using httplib::Response;

    const auto not_yet = [](const Request&, Response& response) {
        http::reply_error(response, 501, "not open yet");
    };
    server.Get(".*", not_yet);
    server.Post(".*", not_yet);
    server.Put(".*", not_yet);
    server.Patch(".*", not_yet);
    server.Delete(".*", not_yet);
    server.Options(".*", not_yet);
}

}  // namespace shop
