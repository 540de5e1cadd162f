// How the shop opens and closes.
#pragma once

#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "http/server.hpp"
#include "shop.hpp"
#include "shop/bank.hpp"
#include "shop/serve.hpp"

namespace shop {

static_assert(std::atomic<int>::is_always_lock_free);
inline std::atomic<int> signals_seen = 0;

inline void on_signal(int signal) {
    if (++signals_seen > 1) _exit(128 + signal);
}

// Bites when the shop is not empty in time.
class Watchdog {
 public:
    Watchdog(const ServeOptions& options, Shop& shop)
        : options_(options),
          shop_(shop),
          thread_([this](const std::stop_token& over) { watch(over); }) {}

    // Everybody has gone. Whether that was before the deadline.
    bool calls_off() {
        thread_.request_stop();
        thread_.join();
        return !has_bitten_;
    }

 private:
    // False: it was called off.
    bool has_passed(const std::stop_token& over, std::chrono::steady_clock::time_point time) {
        std::unique_lock lock(mutex_);
        return !changed_.wait_until(lock, over, time, [&over] { return over.stop_requested(); });
    }

    void watch(const std::stop_token& over) {
        if (!has_passed(over, std::chrono::steady_clock::now() + options_.deadline)) return;
        has_bitten_ = true;
        const auto end = std::chrono::steady_clock::now() + options_.grace;
        const std::jthread hanging_up([this] { options_.bank.hang_up(); });
        do {
            shop_.connections.let_go();
            if (std::chrono::steady_clock::now() >= end) leave();
        } while (has_passed(over, std::chrono::steady_clock::now() + std::chrono::milliseconds(5)));
    }

    [[noreturn]] void leave() {
        std::string inside = "Inside are still:";
        for (const LeaseStats& lease : shop_.pool.stats().leases)
            inside += " [" + lease.holder + "]";
        options_.say(inside);
        std::_Exit(left_inside);
    }

    const ServeOptions& options_;
    Shop& shop_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool has_bitten_ = false;  // the watching thread's until that has been joined
    std::jthread thread_;
};

// As shop/serve.hpp has it, for the shop that `open_shop` opens.
inline int serve(const ServeOptions& options, const OpenShop& open_shop) {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    for (const int each : {SIGINT, SIGTERM}) sigaction(each, &action, nullptr);

    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    server.set_keep_alive_timeout(1);
    const auto shop = open_shop(server, options.database, options.bank);
    http::log_requests(server, options.say);
    const int port = bind(server, options.port);
    std::jthread listening([&server] { server.listen_after_bind(); });
    say_open(options, port);

    while (signals_seen == 0 && !server.has_stopped_listening()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const bool is_deaf = server.has_stopped_listening();
    options.say(is_deaf ? "Listening has failed." : "Closing.");
    shop->is_ready = false;
    std::this_thread::sleep_for(options.unready);
    while (!server.is_running() && !server.has_stopped_listening()) std::this_thread::yield();
    server.stop();

    Watchdog watchdog(options, *shop);
    bool has_failed = false;
    try {
        listening.join();
        shop->tasks.close();
    } catch (const std::exception& error) {
        options.say(error.what());
        has_failed = true;
    }
    const bool in_time = watchdog.calls_off() && !has_failed;
    shop->pool.close();
    options.say("Closed.");
    if (is_deaf) return went_deaf;
    return in_time ? closed_in_time : closed_at_deadline;
}

}  // namespace shop
