// Rejected by: Every accepted order has its receipt
// Overlooks: The receipts that are still to be written find the pool closed.

// How the shop opens and closes.
#include "shop/serve.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "earlier/16_graceful_shutdown/shop.hpp"
#include "http/server.hpp"
#include "open_shop.hpp"
#include "shop/bank.hpp"

namespace shop {
namespace {

using namespace std::chrono_literals;

// Ready when the first SIGINT or SIGTERM has come; the second ends the process at once. Called
// before there is another thread: every one that comes later has these signals blocked too, and
// only the one that waits for them gets them.
std::future<void> told_to_close() {
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

    std::promise<void> told;
    std::future<void> result = told.get_future();
    std::thread([stop_signals, told = std::move(told)]() mutable {
        int signal = 0;
        sigwait(&stop_signals, &signal);
        told.set_value();
        sigwait(&stop_signals, &signal);
        std::_Exit(128 + signal);
    }).detach();
    return result;
}

template <typename T>
bool is_over_within(const std::future<T>& work, std::chrono::milliseconds time) {
    return work.wait_for(time) == std::future_status::ready;
}

}  // namespace

int serve(const ServeOptions& options) {
    const std::future<void> told = told_to_close();
    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    server.set_keep_alive_timeout(2);  // before cpp-httplib 0.18.1 idle clients delay us by that
    const auto shop = open_shop(server, options.database, options.bank);
    http::log_requests(server, options.say);
    const int port = bind(server, options.port);
    std::future<bool> listening =
        std::async(std::launch::async, [&server] { return server.listen_after_bind(); });
    say_open(options, port);

    told.wait();
    options.say(fmt::format("Closing. For {} ms /readyz says so.", options.unready.count()));
    shop->is_ready = false;
    std::this_thread::sleep_for(options.unready);

    options.say(fmt::format("Nobody new is let in; those who are in have {} ms.",
                            options.deadline.count()));
    while (!server.is_running() && !is_over_within(listening, 1ms)) {
    }  // a stop before it runs would be lost
    server.stop();

    const std::future<void> drained = std::async(std::launch::async, [&] {
        listening.wait();  // which ends when the last handler has returned
        options.say("Every customer has an answer.");
        shop->pool.close();
        shop->tasks.close();
        options.say("Every task is done.");
    });
    const bool in_time = is_over_within(drained, options.deadline);
    if (!in_time) {
        options.say("The deadline has passed; those who wait are let go.");
        shop->connections.let_go();
        options.bank.hang_up();
        while (!is_over_within(drained, 10ms)) shop->connections.let_go();
    }
    options.say("Closed.");
    return in_time ? closed_in_time : closed_at_deadline;
}

}  // namespace shop
