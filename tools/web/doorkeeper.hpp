// Ends HTTP connections whose request does not come. cpp-httplib waits for the next byte, and not for
// the last: one client that sends a byte now and then would hold a worker for ever, and as many as
// there are workers would keep everybody else out.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace web {

// Thread safe. Looks at the connections of a server of this process four times a second, as long as it
// lives, on a thread of its own.
class Doorkeeper {
 public:
    // The server's port on this machine.
    explicit Doorkeeper(int port);
    Doorkeeper(const Doorkeeper&) = delete;
    Doorkeeper& operator=(const Doorkeeper&) = delete;
    ~Doorkeeper();

    // The client whose own port this is may stay for a while longer: its request is there, or it is a
    // stream that still goes on.
    void let_stay(int client);

 private:
    using Clock = std::chrono::steady_clock;
    struct Stay {
        Clock::time_point until;
        bool was_late = false;  // when we looked last
    };

    void run();
    void look();

    const int port_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable ends_;
    bool is_over_ = false;
    std::map<int, Stay> stays_;  // of clients
    std::thread thread_;         // last: it uses the others
};

}  // namespace web
