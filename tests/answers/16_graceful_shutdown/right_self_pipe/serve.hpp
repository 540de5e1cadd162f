// The self-pipe trick: the handler writes the signal's number into a pipe, which is all that it may
// do, and one thread, the main one, reads from it. No signal is blocked.
#pragma once

#include <fcntl.h>
#include <httplib.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <thread>

#include "http/server.hpp"
#include "shop.hpp"
#include "shop/bank.hpp"
#include "shop/serve.hpp"

namespace shop {

using Steady = std::chrono::steady_clock;
inline std::atomic<int> pipes_end = -1;  // a handler knows only what is global

inline void on_signal(int signal) {
    const int before = errno;
    const auto number = static_cast<char>(signal);
    if (write(pipes_end, &number, 1) < 0) _exit(128 + signal);
    errno = before;
}

// Reads the numbers of the signals that have come.
class Signals {
 public:
    Signals() {
        if (pipe(ends_.data()) != 0) throw std::runtime_error("no pipe can be had");
        for (const int end : ends_) fcntl(end, F_SETFD, FD_CLOEXEC);
        pipes_end = ends_[1];
        struct sigaction action = {};
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        for (const int each : {SIGINT, SIGTERM}) sigaction(each, &action, nullptr);
    }

    // Waits until there is one, for `time` at most, or for ever if that is negative. 0: none came.
    int next(std::chrono::milliseconds time) const {
        pollfd readable{ends_[0], POLLIN, 0};
        if (poll(&readable, 1, static_cast<int>(time.count())) <= 0) return 0;
        char number = 0;
        return read(ends_[0], &number, 1) == 1 ? number : 0;
    }

 private:
    std::array<int, 2> ends_{};  // open until the process ends: a signal may come at any time
};

// As shop/serve.hpp has it, for the shop that `open_shop` opens.
inline int serve(const ServeOptions& options, const OpenShop& open_shop) {
    const Signals signals;
    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    server.set_keep_alive_timeout(2);
    const auto shop = open_shop(server, options.database, options.bank);
    http::log_requests(server, options.say);
    const int port = bind(server, options.port);
    std::atomic<bool> is_empty = false;
    std::thread listening([&] {
        server.listen_after_bind();
        shop->tasks.close();
        is_empty = true;
    });
    say_open(options, port);

    // From here on a second signal ends it, wherever it is.
    const auto pause = [&](std::chrono::milliseconds time) {
        if (const int second = signals.next(time); second != 0) std::_Exit(128 + second);
    };
    while (signals.next(std::chrono::milliseconds(20)) == 0 && !server.has_stopped_listening()) {
    }
    const bool is_deaf = server.has_stopped_listening();
    shop->is_ready = false;
    options.say("not ready");
    for (const auto end = Steady::now() + options.unready; Steady::now() < end;)
        pause(std::chrono::milliseconds(5));
    while (!server.is_running() && !is_empty) pause(std::chrono::milliseconds(1));
    server.stop();
    options.say("nobody new is let in");

    const auto deadline = Steady::now() + options.deadline;
    bool in_time = true;
    std::thread hanging_up;
    while (!is_empty) {
        if (Steady::now() >= deadline) {
            in_time = false;
            shop->connections.let_go();
            if (!hanging_up.joinable()) {
                hanging_up = std::thread([&options] { options.bank.hang_up(); });
            }
        }
        if (Steady::now() >= deadline + options.grace) {
            for (const LeaseStats& lease : shop->pool.stats().leases) options.say(lease.holder);
            std::_Exit(left_inside);
        }
        pause(std::chrono::milliseconds(5));
    }
    listening.join();
    if (hanging_up.joinable()) hanging_up.join();
    shop->pool.close();
    if (is_deaf) return went_deaf;
    return in_time ? closed_in_time : closed_at_deadline;
}

}  // namespace shop
