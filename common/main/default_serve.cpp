// How a lesson's server runs that does not define it itself.
#include <fmt/format.h>
#include <httplib.h>
#include <pthread.h>

#include <csignal>
#include <string_view>
#include <thread>

#include "http/server.hpp"
#include "shop/routes.hpp"
#include "shop/serve.hpp"

namespace shop {

int serve(const Opening& opening) {
    // Before the first thread, so that every thread inherits the mask and the signals wait for
    // sigwait.
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    struct sigaction at_hangup = {};
    sigaction(SIGHUP, nullptr, &at_hangup);  // ignored under nohup, and to stay so
    if (at_hangup.sa_handler != SIG_IGN) sigaddset(&stop_signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

    http::Server server(http::Limits{.workers = opening.workers});
    http::configure(server, opening.say);
    add_routes(server, opening.database, opening.bank);
    http::log_requests(server, opening.say);
    const int port = bind(server, opening.port);
    std::thread listening([&server] { server.listen_after_bind(); });
    say_open(opening, port);

    int signal = 0;
    sigwait(&stop_signals, &signal);
    pthread_sigmask(SIG_UNBLOCK, &stop_signals, nullptr);  // a second Ctrl-C ends it at once
    opening.say("Closing. Requests under way are answered first; Ctrl-C again does not wait.");
    while (!server.is_running()) std::this_thread::yield();  // a stop before that would be lost
    server.shut_down([&listening] {
        if (listening.joinable()) listening.join();
    });
    return closed_in_time;
}

}  // namespace shop
