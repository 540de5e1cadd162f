// The HTTP side: which requests are let in, which addresses there are, and how much of everything.
// One process on one port of this machine; its workers read files of the book themselves and ask
// the desk for the rest.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "web/book.hpp"
#include "web/desk.hpp"
#include "web/gate.hpp"
#include "web/streams.hpp"

namespace httplib {
class Server;
struct Request;
class Response;
}  // namespace httplib

namespace web {

// Streams that may be open; ten pages that somebody looks at are many. Each holds a worker as long
// as it is open, so there are more workers than streams: however many pages there are, requests are
// answered.
constexpr std::size_t most_streams = 16;
constexpr std::size_t workers_for_requests = 8;
// Of what a request may bring.
constexpr std::size_t most_bytes = std::size_t{16} * 1024;

// The page's own files, and the highlighter of the system.
struct Assets {
    std::filesystem::path folder;       // tools/web/page
    std::filesystem::path highlighter;  // highlight.min.js; empty or not there: code stays plain
};

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
    void let_in();
    void serve_files();
    void serve_events();
    void serve_verbs();

    const Book& book_;
    const Assets& assets_;
    Desk& desk_;
    Streams& streams_;
    std::unique_ptr<httplib::Server> server_;
    std::unique_ptr<Gate> gate_;  // known with the port
    std::thread listening_;
};

}  // namespace web
