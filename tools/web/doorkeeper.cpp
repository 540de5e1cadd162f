#include "web/doorkeeper.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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

// The client's own port; 0 when it is no connection to that port of ours.
int client_of(int descriptor, int port) {
    if (port_told_by(::getsockname, descriptor) != port) return 0;
    return port_told_by(::getpeername, descriptor);
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
        const int client = client_of(descriptor, port);
        if (client != 0) found.emplace(client, descriptor);
    }
    return found;
}

// Its worker is told that nothing more comes, and closes it. Through a descriptor of our own: the
// worker may close this one at any time, and another file gets its number.
void end(int descriptor, int port, int client) {
    const int ours = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (ours < 0) return;  // closed, or none is left: next time, then
    if (client_of(ours, port) == client) ::shutdown(ours, SHUT_RDWR);
    ::close(ours);
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
    stays_[client] = {Clock::now() + for_a_reply};
}

void Doorkeeper::run() {
    std::unique_lock lock(mutex_);
    while (!ends_.wait_for(lock, between_rounds, [this] { return is_over_; })) look();
}

// One that is late is ended when it still is the next time: a worker may just have read its request.
void Doorkeeper::look() {
    const Clock::time_point now = Clock::now();
    std::map<int, Stay> stays;
    for (const auto& [client, descriptor] : connections_at(port_)) {
        const auto known = stays_.find(client);
        Stay stay = known == stays_.end() ? Stay{now + for_a_request} : known->second;
        const bool is_late = stay.until < now && !waits_for_us(descriptor);
        if (is_late && stay.was_late) end(descriptor, port_, client);
        stay.was_late = is_late;
        stays.emplace(client, stay);
    }
    stays_ = std::move(stays);
}

}  // namespace web
