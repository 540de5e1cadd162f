// A server's time of listening, at a free port of this machine and on a thread of its own.
#pragma once

#include <httplib.h>

#include <stdexcept>
#include <thread>

namespace support {

// Listens when it is made, and stops when it goes, after the requests under way.
// The server outlives it.
class Listening {
 public:
    // Throws std::runtime_error when no port is free.
    explicit Listening(httplib::Server& server)
        : server_(server), port_(server.bind_to_any_port("127.0.0.1")) {
        if (port_ <= 0) throw std::runtime_error("no port is free for the test's server");
        thread_ = std::thread([&server] { server.listen_after_bind(); });
        // A server that is told to stop before it runs would not hear it.
        while (!server.is_running()) std::this_thread::yield();
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening() {
        if (!thread_.joinable()) return;
        server_.stop();
        join();
    }
    // For the thread that has stopped the server: waits until no handler runs any more.
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    int port() const { return port_; }

 private:
    httplib::Server& server_;
    int port_;
    std::thread thread_;
};

}  // namespace support
