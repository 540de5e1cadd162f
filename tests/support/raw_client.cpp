#include "support/raw_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "support/patience.hpp"

namespace support {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t little = 4096;  // so that she reads little more than she wants
constexpr std::size_t much = 65'536;

// The number at the beginning of `text`, to the given base.
std::optional<std::size_t> number_at(std::string_view text, int base) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() ? std::optional(number) : std::nullopt;
}

void unwrap_chunks(std::string_view wrapped, Transfer& transfer) {
    while (true) {
        const std::size_t line = wrapped.find(line_end);
        if (line == std::string_view::npos) return;
        const auto size = number_at(wrapped, 16);
        if (!size) return;
        wrapped.remove_prefix(line + line_end.size());
        transfer.body += wrapped.substr(0, *size);
        if (wrapped.size() < *size + line_end.size()) return;
        wrapped.remove_prefix(*size + line_end.size());
        if (*size == 0) {
            transfer.is_complete = true;
            return;
        }
    }
}

Transfer to_transfer(std::string_view received) {
    Transfer transfer;
    const std::string_view version = "HTTP/1.1 ";
    const std::size_t body = received.find("\r\n\r\n");
    if (body == std::string_view::npos || !received.starts_with(version)) return transfer;
    const std::string_view headers = received.substr(0, body + line_end.size());
    received.remove_prefix(body + 4);
    transfer.status = static_cast<int>(number_at(headers.substr(version.size()), 10).value_or(0));
    const std::string_view length = "\r\nContent-Length: ";
    if (const std::size_t at = headers.find(length); at != std::string_view::npos) {
        transfer.body = received;
        transfer.is_complete = number_at(headers.substr(at + length.size()), 10) == received.size();
    } else if (headers.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos) {
        unwrap_chunks(received, transfer);
    } else {
        transfer.body = received;  // to the connection's end, wherever that came
    }
    return transfer;
}

}  // namespace

RawClient::RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int buffer = 256 * 1024;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    const timeval wait{static_cast<time_t>(patience().count()), 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        hangs_up();
    }
}

void RawClient::asks(std::string_view method_and_path) {
    const std::string request = fmt::format(
        "{} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Customer: reader\r\nConnection: close\r\n\r\n",
        method_and_path);
    sends(request);
}

void RawClient::sends(std::string_view bytes) {
    static_cast<void>(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void RawClient::says_no_more() {
    if (socket_ >= 0) shutdown(socket_, SHUT_WR);
}

bool RawClient::is_hung_up_on() const {
    char byte = 0;
    return socket_ < 0 || recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool RawClient::reads_more(std::size_t at_most) {
    const std::size_t before = received_.size();
    received_.resize(before + at_most);
    const ssize_t count = socket_ < 0 ? 0 : recv(socket_, received_.data() + before, at_most, 0);
    received_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return count > 0;
}

void RawClient::reads_until(std::string_view mark) {
    while (received_.find(mark) == std::string::npos && reads_more(little)) continue;
}

void RawClient::reads(std::size_t bytes) {
    while (received_.size() < bytes && reads_more(little)) continue;
}

Transfer RawClient::reads_to_the_end() {
    while (reads_more(much)) continue;
    return to_transfer(received_);
}

void RawClient::hangs_up() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
}

}  // namespace support
