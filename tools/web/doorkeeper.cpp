#include "web/doorkeeper.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace web {
namespace {

constexpr auto for_a_request = std::chrono::seconds(2);
constexpr auto for_a_reply = std::chrono::seconds(20);
constexpr auto between_rounds = std::chrono::milliseconds(250);

// 0 when it is no socket of IPv4.
int port_told_by(int (*ask)(int, sockaddr*, socklen_t*), int descriptor) {
    sockaddr_in address = {};
    socklen_t size = sizeof(address);
    if (ask(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    return address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
}

// A request is there, and no worker was free yet to read it.
bool waits_for_us(int descriptor) {
    char byte = 0;
    return ::recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// The descriptor of each connection to that port, by the client's own.
std::map<int, int> connections_at(int port) {
    std::map<int, int> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/dev/fd", ignored)) {
        const int descriptor = std::atoi(entry.path().filename().c_str());
        if (port_told_by(::getsockname, descriptor) != port) continue;
        const int client = port_told_by(::getpeername, descriptor);
        if (client != 0) found.emplace(client, descriptor);
    }
    return found;
}

}  // namespace

Doorkeeper::Doorkeeper(int port) : port_(port), thread_([this] { run(); }) {}

Doorkeeper::~Doorkeeper() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    ends_.notify_all();
    thread_.join();
}

void Doorkeeper::let_stay(int client) {
    const std::lock_guard lock(mutex_);
    until_[client] = Clock::now() + for_a_reply;
}

void Doorkeeper::run() {
    std::unique_lock lock(mutex_);
    while (!ends_.wait_for(lock, between_rounds, [this] { return is_over_; })) look();
}

void Doorkeeper::look() {
    const Clock::time_point now = Clock::now();
    std::map<int, Clock::time_point> until;
    for (const auto& [client, descriptor] : connections_at(port_)) {
        const auto known = until_.find(client);
        const auto its_end = known == until_.end() ? now + for_a_request : known->second;
        until.emplace(client, its_end);
        // The worker that reads from it, or will, is told that nothing more comes, and closes it.
        if (its_end < now && !waits_for_us(descriptor)) ::shutdown(descriptor, SHUT_RDWR);
    }
    until_ = std::move(until);
}

}  // namespace web
