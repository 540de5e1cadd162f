// A network that takes what is sent and brings nothing back: a port of this machine at which
// connections are accepted, and nobody says anything.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

// For one thread.
class SilentNetwork {
 public:
    SilentNetwork() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        auto* const address = reinterpret_cast<sockaddr*>(&here);
        if (bind(listener_, address, size) != 0 || listen(listener_, 64) != 0 ||
            fcntl(listener_, F_SETFL, O_NONBLOCK) != 0 ||
            fcntl(listener_, F_SETFD, FD_CLOEXEC) != 0 ||
            getsockname(listener_, address, &size) != 0) {
            throw std::runtime_error("no port is free for a silent network");
        }
        port_ = here.sin_port;
    }
    SilentNetwork(const SilentNetwork&) = delete;
    SilentNetwork& operator=(const SilentNetwork&) = delete;
    ~SilentNetwork() { breaks(); }

    // Of a PostgreSQL behind it, if there were one.
    std::string address() const {
        return fmt::format("host=127.0.0.1 port={} dbname=postgres user=shop", ntohs(port_));
    }

    // How often somebody has connected so far.
    int connects() {
        for (int fd = 0; (fd = accept(listener_, nullptr, nullptr)) >= 0;) accepted_.push_back(fd);
        return static_cast<int>(accepted_.size());
    }

    // What the system does, as far as it can be asked, for this process's ends of the connections
    // that are open: notices when the other side is not heard of any more. False also when none
    // is open.
    bool is_watched() const {
        bool is_open = false;
        for (int fd = 3; fd < 1024; ++fd) {
            sockaddr_in peer{};
            socklen_t size = sizeof peer;
            if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
                peer.sin_family != AF_INET || peer.sin_port != port_) {
                continue;
            }
            is_open = true;
            if (option(fd, SOL_SOCKET, SO_KEEPALIVE) == 0) return false;
#ifdef TCP_USER_TIMEOUT
            const int idle = option(fd, IPPROTO_TCP, TCP_KEEPIDLE);
            const int unanswered = option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT);  // ms; 0 is minutes
            if (idle > 60 || unanswered == 0 || unanswered > 60'000) return false;
#endif
        }
        return is_open;
    }

    // Whose connection it was notices now. There are no more.
    void breaks() {
        connects();
        for (const int fd : accepted_) close(fd);
        accepted_.clear();
        if (listener_ >= 0) close(listener_);
        listener_ = -1;
    }

 private:
    static int option(int fd, int level, int name) {
        int value = 0;
        socklen_t size = sizeof value;
        return getsockopt(fd, level, name, &value, &size) == 0 ? value : 0;
    }

    int listener_;
    in_port_t port_ = 0;
    std::vector<int> accepted_;
};
