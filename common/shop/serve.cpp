#include "shop/serve.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "http/server.hpp"

namespace shop {
namespace {

using std::chrono::milliseconds;

// Ready when the first SIGINT, SIGTERM or SIGHUP has come; the second ends the process at once.
// Before the first thread, so that every thread inherits the mask, and only the one here gets them.
std::future<void> told_to_close() {
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    struct sigaction at_hangup = {};
    sigaction(SIGHUP, nullptr, &at_hangup);  // ignored under nohup, and to stay so
    if (at_hangup.sa_handler != SIG_IGN) sigaddset(&stop_signals, SIGHUP);
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
bool is_over_within(const std::future<T>& work, milliseconds time) {
    return work.wait_for(time) == std::future_status::ready;
}

// The grace is over as well.
[[noreturn]] void leave(const ServeOptions& options, const http::Deadline& deadline) {
    for (const std::string& name : deadline.inside()) {
        options.say(fmt::format("Still inside: {}, which has a connection.", name));
    }
    options.say("Somebody does not go. The shop closes with them inside.");
    std::_Exit(left_inside);
}

// Waits until `closed`, which has begun. False: not everybody was served in time.
bool meets(const http::Deadline& deadline, const ServeOptions& options, std::future<void>& closed) {
    const bool in_time = is_over_within(closed, options.deadline);
    if (!in_time) {
        options.say("The deadline has passed; those who wait are let go.");
        std::future<void> gone = std::async(std::launch::async, [&] {
            do {
                deadline.let_go();
            } while (!is_over_within(closed, milliseconds(10)));
        });
        if (!is_over_within(gone, options.grace)) leave(options, deadline);
        gone.get();
    }
    return in_time;
}

}  // namespace

int bind(httplib::Server& server, int port) {
    if (port == 0)
        port = server.bind_to_any_port("127.0.0.1");
    else if (!server.bind_to_port("127.0.0.1", port)) {
        throw std::runtime_error(fmt::format(
            "port {} cannot be had: something else listens there, or it is not yours to take. Stop "
            "the other server, or choose another port with --port.",
            port));
    }
    if (port <= 0) throw std::runtime_error("no port of this machine is free");
    return port;
}

void say_open(const ServeOptions& options, int port) {
    options.say(fmt::format(
        "The shop is open at http://127.0.0.1:{}, its database is {}. Ctrl-C closes it.", port,
        options.database));
}

int serve_until_signal(const ServeOptions& options, const AddRoutes& add_routes) {
    const std::future<void> told = told_to_close();
    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    add_routes(server, options.database, options.bank);
    const std::optional<http::Deadline>& deadline = server.deadline();
    // Up to cpp-httplib 0.18.0 an idle customer holds us up for as long.
    if (deadline) server.set_keep_alive_timeout(2);
    http::log_requests(server, options.say);
    const int port = bind(server, options.port);
    const std::future<bool> listening =
        std::async(std::launch::async, [&server] { return server.listen_after_bind(); });
    say_open(options, port);

    bool is_deaf = false;
    while (!is_deaf && !is_over_within(told, milliseconds(50))) {
        is_deaf = server.has_stopped_listening();  // by itself
    }
    if (is_deaf) options.say("The shop hears nobody any more: listening has failed.");
    if (deadline) {
        options.say(fmt::format("Closing. For {} ms /readyz says so.", options.unready.count()));
        server.begin_closing();
        std::this_thread::sleep_for(options.unready);
        options.say(fmt::format("Nobody new is let in; those who are in have {} ms.",
                                options.deadline.count()));
    } else {
        options.say("Closing. Requests under way are answered first; Ctrl-C again does not wait.");
    }
    while (!server.is_running() && !server.has_stopped_listening()) {
        std::this_thread::yield();  // a stop before that would be lost
    }
    std::future<void> closed = std::async(
        std::launch::async, [&] { server.shut_down([&listening] { listening.wait(); }); });
    bool in_time = false;
    try {
        in_time = !deadline || meets(*deadline, options, closed);
        closed.get();
    } catch (const std::exception& error) {  // then not everything has been done
        options.say(fmt::format("Closing failed: {}", error.what()));
        in_time = false;
    }
    if (is_deaf) return went_deaf;
    return in_time ? closed_in_time : closed_at_deadline;
}

}  // namespace shop
