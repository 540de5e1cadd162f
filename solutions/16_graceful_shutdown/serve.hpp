// How the shop opens and closes.
#pragma once

#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "http/server.hpp"
#include "shop.hpp"
#include "shop/bank.hpp"
#include "shop/serve.hpp"

namespace shop {

// Ready when the first SIGINT or SIGTERM has come; the second ends the process at once. Called
// before there is another thread: every one that comes later has these signals blocked too, and
// only the one that waits for them gets them.
inline std::future<void> told_to_close() {
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

// The grace is over as well. Says who is still inside, and ends the process with them.
[[noreturn]] inline void leave(const ServeOptions& options, const Shop& shop) {
    for (const LeaseStats& lease : shop.pool.stats().leases) {
        options.say(fmt::format("Still inside: {}, which has a connection.", lease.holder));
    }
    options.say("Somebody does not go. The shop closes with them inside.");
    std::_Exit(left_inside);
}

// As shop/serve.hpp has it, for the shop that `open_shop` opens.
inline int serve(const ServeOptions& options, const OpenShop& open_shop) {
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

    bool is_deaf = false;
    while (!is_deaf && !is_over_within(told, std::chrono::milliseconds(50))) {
        is_deaf = server.has_stopped_listening();  // by itself
    }
    if (is_deaf) options.say("The shop hears nobody any more: listening has failed.");
    options.say(fmt::format("Closing. For {} ms /readyz says so.", options.unready.count()));
    shop->is_ready = false;
    std::this_thread::sleep_for(options.unready);

    options.say(fmt::format("Nobody new is let in; those who are in have {} ms.",
                            options.deadline.count()));
    while (!server.is_running() && !is_over_within(listening, std::chrono::milliseconds(1))) {
    }  // a stop before it runs would be lost
    server.stop();

    std::future<void> drained = std::async(std::launch::async, [&] {
        listening.wait();  // which ends when the last handler has returned
        options.say("Every customer has an answer.");
        shop->tasks.close();
        options.say("Every task is done.");
    });
    const bool in_time = is_over_within(drained, options.deadline);
    if (!in_time) options.say("The deadline has passed; those who wait are let go.");
    // What still works in the background gets no more time either.
    std::future<void> gone = std::async(std::launch::async, [&] {
        std::future<void> hung_up =
            std::async(std::launch::async, [&] { options.bank.hang_up(); });  // it may block
        do {
            shop->connections.let_go();
        } while (!is_over_within(drained, std::chrono::milliseconds(10)));
        shop->end_background_work();
        hung_up.get();
    });
    if (!is_over_within(gone, options.grace)) leave(options, *shop);
    options.say("Closed.");
    if (is_deaf) return went_deaf;
    try {
        drained.get();
        gone.get();
    } catch (const std::exception& error) {  // then not everything has been done
        options.say(fmt::format("Closing failed: {}", error.what()));
        return closed_at_deadline;
    }
    return in_time ? closed_in_time : closed_at_deadline;
}

}  // namespace shop
