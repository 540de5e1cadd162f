// What the shop's handlers and tasks share.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "connections.hpp"
#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/15_event_loop_closed/tasks.hpp"
#include "http/server.hpp"
#include "shop/bank.hpp"

namespace shop {

struct Shop {
    // `bank_` outlives it.
    Shop(const std::string& database, Bank& bank_, PoolOptions options = {})
        : bank(bank_),
          pool(PatientManager(Engine(database), deadline), options),
          connections(pool, deadline) {}

    Bank& bank;
    std::atomic<bool> is_ready = true;  // what /readyz says
    Deadline deadline = false;
    ConnectionPool pool;
    ConnectionLender connections;  // the pool's, for handlers
    // Ends what else works in the background when the shop closes: lesson 17 has such.
    std::function<void()> end_background_work = [] {};
    Tasks tasks;  // last, and gone first: its tasks use the pool
};

// How a Shop is made, with its routes on the server: see open_shop.hpp.
using OpenShop = std::function<std::shared_ptr<Shop>(http::Server& server,
                                                     const std::string& database, Bank& bank)>;

// To every reply, just before it leaves.
inline void before_reply(const Shop& shop, httplib::Response& response) {
    if (!shop.is_ready) response.set_header("Connection", "close");
    if (shop.deadline && response.status == 500) {
        response.status = 503;  // it failed because the shop closes, and not for its own reasons
        response.set_header("Retry-After", "1");
    }
}

}  // namespace shop
