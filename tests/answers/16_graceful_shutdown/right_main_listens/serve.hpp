// How the shop opens and closes: the main thread listens, another one closes.
#pragma once

#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <thread>

#include "http/server.hpp"
#include "shop.hpp"
#include "shop/bank.hpp"
#include "shop/serve.hpp"

namespace shop {

// Closes the shop when a signal has come, or nobody listens any more.
class Closer {
 public:
    Closer(const ServeOptions& options, http::Server& server, Shop& shop, const sigset_t& signals)
        : options_(options), server_(server), shop_(shop), signals_(signals), thread_([this] {
              run();
          }) {}
    Closer(const Closer&) = delete;
    Closer& operator=(const Closer&) = delete;
    ~Closer() {
        is_empty = true;
        if (thread_.joinable()) thread_.join();
    }

    std::atomic<bool> is_empty = false;

    int status() {
        is_empty = true;
        thread_.join();
        if (is_deaf_) return went_deaf;
        return is_late_ ? closed_at_deadline : closed_in_time;
    }

 private:
    using Time = std::chrono::steady_clock::time_point;

    // Whether a signal has come by then.
    bool is_told_by(Time time) const {
        const auto left =
            std::max<std::chrono::nanoseconds>(time - std::chrono::steady_clock::now(), {});
        const timespec limit{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
        return sigtimedwait(&signals_, nullptr, &limit) > 0;
    }

    // Until then, or until `is_over`. The second signal ends the process.
    template <typename Condition>
    void pause(Time time, Condition is_over) const {
        while (!is_over() && std::chrono::steady_clock::now() < time) {
            if (is_told_by(std::chrono::steady_clock::now() + std::chrono::milliseconds(3)))
                std::_Exit(130);
        }
    }

    void run() {
        while (!is_told_by(std::chrono::steady_clock::now() + std::chrono::milliseconds(30))) {
            is_deaf_ = server_.has_stopped_listening();
            if (is_deaf_) break;
        }
        shop_.is_ready = false;
        options_.say("The shop closes.");
        const auto now = [] { return std::chrono::steady_clock::now(); };
        pause(now() + options_.unready, [] { return false; });
        pause(Time::max(),
              [this] { return server_.is_running() || server_.has_stopped_listening(); });
        server_.stop();

        const auto empty = [this] { return is_empty.load(); };
        pause(now() + options_.deadline, empty);
        if (empty()) return;
        is_late_ = true;
        const auto end = now() + options_.grace;
        const std::jthread hangs_up([this] { options_.bank.hang_up(); });
        while (!empty()) {
            shop_.connections.let_go();
            pause(now() + std::chrono::milliseconds(10), empty);
            if (now() < end) continue;
            for (const LeaseStats& lease : shop_.pool.stats().leases) options_.say(lease.holder);
            std::_Exit(left_inside);
        }
    }

    const ServeOptions& options_;
    http::Server& server_;
    Shop& shop_;
    const sigset_t signals_;
    bool is_deaf_ = false;  // both the thread's until it is joined
    bool is_late_ = false;
    std::thread thread_;
};

// As shop/serve.hpp has it, for the shop that `open_shop` opens.
inline int serve(const ServeOptions& options, const OpenShop& open_shop) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int each : {SIGINT, SIGTERM}) sigaddset(&signals, each);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    server.set_keep_alive_timeout(2);
    const auto shop = open_shop(server, options.database, options.bank);
    http::log_requests(server, options.say);
    say_open(options, bind(server, options.port));

    Closer closer(options, server, *shop, signals);
    bool has_failed = false;
    server.listen_after_bind();  // until the last handler has returned
    try {
        shop->tasks.close();
    } catch (const std::exception& error) {
        options.say(error.what());
        has_failed = true;
    }
    shop->pool.close();
    const int status = closer.status();
    return status == closed_in_time && has_failed ? closed_at_deadline : status;
}

}  // namespace shop
