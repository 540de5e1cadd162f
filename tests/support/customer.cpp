#include "support/customer.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "support/crowd.hpp"
#include "support/patience.hpp"

namespace support {
namespace {

const nlohmann::json* at(const nlohmann::json& document, std::string_view pointer) {
    const nlohmann::json::json_pointer where{std::string(pointer)};
    return document.contains(where) ? &document.at(where) : nullptr;
}

// Sends it, and takes what comes back, also of a reply that breaks off.
Reply exchange(httplib::Client& client, httplib::Request request) {
    httplib::Response response;
    auto error = httplib::Error::Success;
    if (client.send(request, response, error)) {
        return {
            response.status, response.body, response.get_header_value("Location"),
            std::map<std::string, std::string>(response.headers.begin(), response.headers.end())};
    }
    Reply reply;
    const std::string promised = response.get_header_value("Content-Length");
    if (error == httplib::Error::Read && response.status > 0 && !promised.empty()) {
        reply.broken_off = fmt::format("{}, and {} of the {} bytes it promised", response.status,
                                       response.body.size(), promised);
    }
    return reply;
}

std::string order_body(shop::Id item, int quantity, const std::string& card) {
    return nlohmann::json{{"item_id", item}, {"quantity", quantity}, {"card", card}}.dump();
}

}  // namespace

std::int64_t Reply::number(std::string_view pointer) const {
    const auto document = nlohmann::json::parse(body, nullptr, false);
    const auto* value = at(document, pointer);
    return value != nullptr && value->is_number_integer() ? value->get<std::int64_t>() : -1;
}

std::string Reply::text(std::string_view pointer) const {
    const auto document = nlohmann::json::parse(body, nullptr, false);
    const auto* value = at(document, pointer);
    return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

bool Reply::is_json() const {
    return !nlohmann::json::parse(body, nullptr, false).is_discarded();
}

Reply Pending::reply() const {
    return reply_.wait_for(patience()) == std::future_status::ready ? reply_.get() : Reply{};
}

std::string Reply::told() const {
    if (status == 0) return "nothing";
    const std::string error = text("/error");
    return std::to_string(status) + (error.empty() ? "" : " " + error);
}

bool Pending::is_answered() const {
    return is_answered_within(std::chrono::milliseconds(0));
}

bool Pending::is_answered_within(std::chrono::milliseconds limit) const {
    return reply_.wait_for(limit) == std::future_status::ready;
}

struct Customer::Client {
    Client(const std::string& customer, int port) : name(customer), client("127.0.0.1", port) {
        client.set_keep_alive(true);
        client.set_tcp_nodelay(true);
        // Longer than any test lasts. How long a reply is waited for, Pending says, and counts from
        // when the test asks for it: what it does until then is no customer's time.
        client.set_read_timeout(60 * patience());
        client.set_default_headers({{"X-Customer", name}});
    }
    std::string name;
    httplib::Client client;
};

Customer::Customer(std::string name, int port, Crowd& crowd)
    : line_(std::make_shared<Client>(name, port)), crowd_(crowd) {
    // An idle connection would hold up the server's stop.
    crowd.at_the_end([line = std::weak_ptr(line_)] {
        if (const auto still_there = line.lock()) still_there->client.stop();
    });
}
Customer::Customer(Customer&&) noexcept = default;
Customer::~Customer() = default;

Reply Customer::gets(const std::string& path) {
    return starts_to_get(path).reply();
}

Pending Customer::starts_to_get(const std::string& path) {
    return Pending(crowd_.start([line = line_, path] {
        httplib::Request request;
        request.method = "GET";
        request.path = path;
        return exchange(line->client, std::move(request));
    }));
}

Reply Customer::posts(const std::string& path, std::string body, const Headers& headers) {
    return starts_to_post(path, std::move(body), headers).reply();
}

Pending Customer::starts_to_post(const std::string& path, std::string body,
                                 const Headers& headers) {
    return Pending(crowd_.start([line = line_, path, body = std::move(body), headers] {
        httplib::Request request;
        request.method = "POST";
        request.path = path;
        request.headers = httplib::Headers(headers.begin(), headers.end());
        request.set_header("Content-Type", "application/json");
        request.body = body;
        return exchange(line->client, std::move(request));
    }));
}

Reply Customer::orders(shop::Id item, int quantity) {
    return starts_to_order(item, quantity).reply();
}

Pending Customer::starts_to_order(shop::Id item, int quantity) {
    return starts_to_post("/orders", order_body(item, quantity, line_->name));
}

Reply Customer::orders(shop::Id item, int quantity, const std::string& key) {
    return starts_to_order(item, quantity, key).reply();
}

Pending Customer::starts_to_order(shop::Id item, int quantity, const std::string& key) {
    return starts_to_post("/orders", order_body(item, quantity, line_->name),
                          {{"Idempotency-Key", key}});
}

Reply Customer::reviews(shop::Id item, std::string_view text) {
    return starts_to_review(item, text).reply();
}

Pending Customer::starts_to_review(shop::Id item, std::string_view text) {
    const nlohmann::json review = {{"item_id", item}, {"text", text}};
    return starts_to_post("/reviews", review.dump());
}

}  // namespace support
