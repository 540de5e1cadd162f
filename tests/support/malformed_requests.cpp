#include "support/malformed_requests.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace support {
namespace {

using Texts = std::array<std::string_view, 8>;

constexpr Texts bad_numbers = {"0",     "-1",   "1.5",  "1e9999", "9223372036854775808",
                               "\"1\"", "null", "[[1]]"};
constexpr Texts bad_texts = {"\"\"",         "17",           "null",    "{}",
                             "\"\\ud800\"x", "\"\xff\xfe\"", "[\"a\"]", "\"\\u00"};
constexpr Texts bad_lengths = {
    "-1", "18446744073709551615", "99999999999999999999999", "70000", "ten", "1e3", "0x10", " "};
constexpr Texts bad_targets = {"/items/",     "/items/abc", "/items/-1", "/items/1/..",
                               "/orders/%00", "/items/1%",  "*",         "http://"};
constexpr Texts bad_methods = {"get", "BREW", "DELETE", "PUT", "PATCH", "TRACE", "POST\t", "\x01"};
constexpr Texts bad_lines = {"GET /items/1\r\n\r\n",
                             "GET  HTTP/1.1\r\n\r\n",
                             "\r\n\r\n\r\n",
                             "HTTP/1.1 200 OK\r\n\r\n",
                             "GET /items/1 HTTP/9.9\r\n\r\n",
                             "GET /items/1 HTTP/1.1\nHost\n\n",
                             "POST /orders HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                             "POST /orders HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"};

// Longer than any server reads.
constexpr std::size_t too_long = 20'000;

}  // namespace

std::string MalformedRequests::next() {
    switch (below(8)) {
        case 0:
            return bytes(300);
        case 1:
            return std::string(one_of(bad_lines));
        case 2:
            return torn(head("GET", "/items/1"));
        case 3:
            return head(std::string(one_of(bad_methods)), "/orders/1") + "\r\n";
        case 4:
            return head("GET", path()) + "\r\n";
        case 5:  // it says that more comes, or less, or nonsense
            return head("POST", "/orders") +
                   fmt::format("Content-Length: {}\r\n\r\n{}", one_of(bad_lengths), body());
        case 6:
            return head("POST", "/orders") +
                   fmt::format("Idempotency-Key: {}\r\n", std::string(too_long, 'k')) +
                   with_body(R"({"item_id":1,"quantity":1,"card":"long"})");
        default:
            return head("POST", sometimes() ? "/orders" : "/reviews") + with_body(body());
    }
}

std::string MalformedRequests::bytes(std::size_t most) {
    std::string made(1 + below(most), '\0');
    for (char& byte : made) byte = static_cast<char>(below(256));
    return made;
}

// Breaks off somewhere, before its end.
std::string MalformedRequests::torn(std::string text) {
    text.resize(1 + below(text.size() - 1));
    return text;
}

std::string MalformedRequests::body() {
    const std::string good = R"({"item_id":1,"quantity":1,"card":"mallory","text":"Hm."})";
    switch (below(7)) {
        case 0:
            return fmt::format(R"({{"item_id":{0},"quantity":1,"card":"mallory","text":"Hm."}})",
                               one_of(bad_numbers));
        case 1:  // a review has no quantity: there it is the text
            return fmt::format(R"({{"item_id":1,"quantity":{},"card":"mallory"}})",
                               one_of(bad_numbers));
        case 2:
            return fmt::format(R"({{"item_id":1,"quantity":1,"card":{0},"text":{0}}})",
                               one_of(bad_texts));
        case 3:
            return torn(good);
        case 4:
            return std::string(1 + below(too_long), '[');
        case 5:
            return "";
        default:
            return bytes(200);
    }
}

std::string MalformedRequests::path() {
    if (below(8) == 0) return "/items/" + std::string(too_long, '1');
    return std::string(one_of(bad_targets));
}

std::string MalformedRequests::head(const std::string& method, const std::string& target) {
    std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, target);
    if (below(8) == 0) head += "no colon\r\n";
    if (below(8) == 0) head += fmt::format("X: {}\r\n", std::string(below(too_long), 'x'));
    return head;
}

std::string MalformedRequests::with_body(const std::string& content) {
    return fmt::format("Content-Length: {}\r\n\r\n{}", content.size(), content);
}

}  // namespace support
