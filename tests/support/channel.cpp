#include "support/channel.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "support/patience.hpp"

namespace support {
namespace {

int longest_wait(Channel::Waits waits) {
    if (waits == Channel::Waits::for_ever) return -1;
    if (waits == Channel::Waits::not_at_all) return 0;
    return static_cast<int>(std::chrono::milliseconds(patience()).count());
}

}  // namespace

Channel::~Channel() {
    close(socket_);
}

void Channel::write(const std::string& text) {
    const std::string whole = text + "\n";
    std::size_t sent = 0;
    while (sent < whole.size()) {
        const auto more = send(socket_, whole.data() + sent, whole.size() - sent, MSG_NOSIGNAL);
        if (more <= 0) return;
        sent += static_cast<std::size_t>(more);
    }
}

std::optional<std::string> Channel::read() {
    for (;;) {
        const auto end = received_.find('\n');
        if (end != std::string::npos) {
            std::string text = received_.substr(0, end);
            received_.erase(0, end + 1);
            return text;
        }
        pollfd readable{socket_, POLLIN, 0};
        if (poll(&readable, 1, longest_wait(waits_)) == 0) return std::nullopt;
        std::array<char, 4096> buffer{};
        const auto count = recv(socket_, buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            is_down_ = true;
            return std::nullopt;
        }
        received_.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace support
