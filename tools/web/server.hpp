// The HTTP side: a port of this machine, and how much of everything; routes.hpp has the addresses.
// One process on one port of this machine; its workers read files of the book themselves and ask
// the desk for the rest.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "web/routes.hpp"

namespace httplib {
class Server;
}

namespace web {

// Streams that may be open; ten pages that somebody looks at are many. Each holds a worker as long
// as it is open, so there are more workers than streams: however many pages there are, requests are
// answered.
constexpr std::size_t most_streams = 16;
constexpr std::size_t workers_for_requests = 8;
// Of what a request may bring.
constexpr std::size_t most_bytes = std::size_t{16} * 1024;

class Server {
 public:
    // Takes a port of 127.0.0.1, 0 for any that is free, and serves from now on. All must live
    // longer. Throws tutor::WrongUse when the port cannot be had.
    Server(int port, const std::string& key, const Book& book, const Assets& assets, Desk& desk,
           Streams& streams);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    // Ends the streams, and waits for requests that are being answered.
    ~Server();

    std::string address() const { return gate_->address(); }

 private:
    void set_limits();

    Streams& streams_;
    int listener_ = -1;  // the server's
    std::unique_ptr<httplib::Server> server_;
    std::unique_ptr<Gate> gate_;  // known with the port, and so is the next
    std::unique_ptr<Doorkeeper> doorkeeper_;
    std::thread listening_;
};

}  // namespace web
