// Rejected by: Not ready comes first, and then nobody new is let in
// Rejected by: At the deadline a customer at a silent bank is let go
// Rejected by: At the deadline a customer who waits for a session is let go
// Rejected by: A query that will not end is interrupted until it does
// Rejected by: At the deadline a customer who waits for a lock is let go
// Overlooks: Some take less than a second, and some take more. A signal handler can wait for none
// of them. How the shop opens and closes.
#include "shop/serve.hpp"

#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>

#include "http/server.hpp"
#include "shop.hpp"
#include "shop/bank.hpp"

namespace shop {
namespace {

std::atomic<httplib::Server*> open_server = nullptr;

void close_shop(int) {
    constexpr char farewell[] = "Closing.\n";
    if (write(STDOUT_FILENO, farewell, sizeof(farewell) - 1) < 0) _exit(closed_in_time);
    if (httplib::Server* server = open_server) server->stop();
    sleep(1);  // for those who are in
    _exit(closed_in_time);
}

void have_shop_closed_by_signals() {
    struct sigaction action = {};
    action.sa_handler = close_shop;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

int serve(const Opening& opening) {
    have_shop_closed_by_signals();
    const auto shop = std::make_shared<Shop>(opening.database, opening.bank, opening.workers);
    http::Server server(http::Limits{.workers = opening.workers});
    http::configure(server, opening.say);
    add_routes(server, shop);
    http::log_requests(server, opening.say);
    const int port = bind(server, opening.port);
    open_server = &server;
    say_open(opening, port);
    server.listen_after_bind();  // until it is stopped
    shop->tasks.close();
    shop->pool.close();
    return closed_in_time;
}

}  // namespace shop
