#include "shop/serve.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <csignal>
#include <stdexcept>
#include <thread>

#include "http/server.hpp"

namespace shop {

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
    // Before the first thread, so that every thread inherits
    // the mask and the signals wait for sigwait.
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    struct sigaction at_hangup = {};
    sigaction(SIGHUP, nullptr, &at_hangup);  // ignored under nohup, and to stay so
    if (at_hangup.sa_handler != SIG_IGN) sigaddset(&stop_signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

    http::Server server(http::Limits{.workers = options.workers});
    http::configure(server, options.say);
    add_routes(server, options.database, options.bank);
    http::log_requests(server, options.say);
    const int port = bind(server, options.port);
    std::thread listening([&server] { server.listen_after_bind(); });
    say_open(options, port);

    int signal = 0;
    sigwait(&stop_signals, &signal);
    pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);  // a second Ctrl-C ends it at once
    options.say("Closing. Requests under way are answered first; Ctrl-C again does not wait.");
    while (!server.is_running() && !server.has_stopped_listening()) {
        std::this_thread::yield();  // a stop before that would be lost
    }
    server.shut_down([&listening] {
        if (listening.joinable()) listening.join();
    });
    return closed_in_time;
}

}  // namespace shop
