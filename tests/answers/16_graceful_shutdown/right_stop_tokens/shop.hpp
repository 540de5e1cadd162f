// What the shop's handlers and tasks share.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "14_starved_workers/hands.hpp"
#include "15_event_loop_closed/tasks.hpp"
#include "sessions.hpp"
#include "shop/bank.hpp"

namespace httplib {
class Server;
}

namespace shop {

struct Shop {
    // Settles what an earlier server has left behind. `bank_` outlives it.
    Shop(const std::string& database, Bank& bank_, int workers);

    Bank& bank;
    std::atomic<bool> is_ready = true;  // what /readyz says
    std::shared_ptr<Hands> hands;
    Deadline deadline;
    SessionPool pool;
    Sessions sessions;  // the pool's, for handlers
    Tasks tasks;        // last, and gone first: its tasks use the pool
};

// Puts the shop's routes on `server`, whose handlers share `shop`. Before the server listens.
void add_routes(httplib::Server& server, const std::shared_ptr<Shop>& shop);

}  // namespace shop
