#include "web/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <utility>

#include "tutor/exit_status.hpp"
#include "tutor/watch/port.hpp"

namespace web {
Server::Server(int port, const std::string& key, const Book& book, const Assets& assets, Desk& desk,
               Streams& streams)
    : streams_(streams), server_(std::make_unique<httplib::Server>()) {
    constexpr const char* here = "127.0.0.1";
    set_limits();
    const int bound = port == 0                           ? server_->bind_to_any_port(here)
                      : server_->bind_to_port(here, port) ? port
                                                          : -1;
    if (bound < 0) {
        std::string who = tutor::who_listens_at(port);
        who = who.empty() ? "Another program" : "It is " + who + " that";
        throw tutor::WrongUse(
            fmt::format("Port {0} cannot be had. {1} has it; perhaps ./learn web runs "
                        "already. Another port: ./learn web --port {2}",
                        port, who, port + 1));
    }
    gate_ = std::make_unique<Gate>(key, bound);
    doorkeeper_ = std::make_unique<Doorkeeper>(bound);
    add_routes(*server_, *gate_,
               {book, assets, streams, *doorkeeper_,
                [&desk](std::function<Json(Desk&)> what) { return desk.ask(std::move(what)); }});
    // Of cpp-httplib 0.11's own five some are turned away when a page asks for all that belongs to it,
    // and come again a second later.
    ::listen(listener_, SOMAXCONN);
    listening_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();  // stop() before it would be lost
}

Server::~Server() {
    streams_.close();
    server_->stop();
    listening_.join();
}

void Server::set_limits() {
    server_->new_task_queue = [] {
        return new httplib::ThreadPool(most_streams + workers_for_requests);  // the server's own
    };
    server_->set_payload_max_length(most_bytes);
    // A reply, and the HTTP connection is closed: none that is idle holds a worker. One on which
    // nothing is asked is closed soon, and so is one that is slow to ask or to listen.
    server_->set_keep_alive_max_count(1);
    server_->set_keep_alive_timeout(1);
    server_->set_read_timeout(2, 0);
    server_->set_write_timeout(5, 0);
    server_->set_tcp_nodelay(true);
    // Its default, SO_REUSEPORT, would let two share a port, and a busy one would be no error.
    server_->set_socket_options([this](socket_t socket) {
        listener_ = socket;
        const int on = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
}

}  // namespace web
