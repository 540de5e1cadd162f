// Rejected by: Not ready comes first, and then nobody new is let in
// Rejected by: At the deadline a customer at a silent bank is let go
// Rejected by: At the deadline a customer who waits for a connection is let go
// Rejected by: A query that will not end is interrupted until it does
// Rejected by: At the deadline a customer who waits for a lock is let go
// Overlooks: Some take less than a second, and some take more. A signal handler can wait for none
// of them.

// How the shop opens and closes.
#pragma once

#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>

#include "http/server.hpp"
#include "shop.hpp"
#include "shop/bank.hpp"
#include "shop/serve.hpp"

namespace shop {

inline std::atomic<httplib::Server*> open_server = nullptr;

inline void close_shop(int) {
    constexpr char farewell[] = "Closing.\n";
    if (write(STDOUT_FILENO, farewell, sizeof(farewell) - 1) < 0) _exit(closed_in_time);
    if (httplib::Server* server = open_server) server->stop();
    sleep(1);  // for those who are in
    _exit(closed_in_time);
}

inline void have_shop_closed_by_signals() {
    struct sigaction action = {};
    action.sa_handler = close_shop;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

// As shop/serve.hpp has it, for the shop that `open_shop` opens.
inline int serve(const ServeOptions& options, const OpenShop& open_shop) {
    have_shop_closed_by_signals();
    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    const auto shop = open_shop(server, options.database, options.bank);
    http::log_requests(server, options.say);
    const int port = bind(server, options.port);
    open_server = &server;
    say_open(options, port);
    server.listen_after_bind();  // until it is stopped
    shop->tasks.close();
    shop->pool.close();
    return closed_in_time;
}

}  // namespace shop
