#include "http/json.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "shop/refusal.hpp"

namespace http {
namespace {

using json = nlohmann::json;

json parse_object(const httplib::Request& request) {
    json body = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
    if (body.is_discarded()) throw shop::Unreadable("the body is not JSON");
    if (!body.is_object()) throw shop::Malformed("the body is not a JSON object");
    return body;
}

const json& member(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) throw shop::Malformed(fmt::format("{} is missing", name));
    return *found;
}

std::int64_t whole_number(const json& object, const char* name, std::int64_t most) {
    const json& value = member(object, name);
    if (value.is_number_integer()) {
        const bool fits = !value.is_number_unsigned() ||
                          value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
        if (fits && value.get<std::int64_t>() >= 1 && value.get<std::int64_t>() <= most) {
            return value.get<std::int64_t>();
        }
    }
    throw shop::Malformed(fmt::format("{} is not a whole number from 1 to {}", name, most));
}

std::string text(const json& object, const char* name, std::size_t most) {
    const json& value = member(object, name);
    if (value.is_string()) {
        const auto& string = value.get_ref<const std::string&>();
        if (!string.empty() && string.size() <= most) return string;
    }
    throw shop::Malformed(fmt::format("{} is not a text of 1 to {} bytes", name, most));
}

// A text as JSON has it. The rest of a reply is laid out below: an object of the library's costs
// more than the query.
std::string as_json(std::string_view text) {
    return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string described(const shop::Item& item) {
    return fmt::format(R"({{"id":{},"title":{},"stock":{}}})", item.id, as_json(item.title),
                       item.stock);
}

std::string described(const shop::Order& order) {
    return fmt::format(R"({{"id":{},"item_id":{},"quantity":{},"card":{}}})", order.id,
                       order.item_id, order.quantity, as_json(order.card));
}

std::string described(const shop::Review& review) {
    return fmt::format(R"({{"id":{},"item_id":{},"text":{}}})", review.id, review.item_id,
                       as_json(review.text));
}

// {"order":{…}} and the end of the line.
void reply_json(httplib::Response& response, int status, std::string_view name,
                const std::string& value) {
    response.status = status;
    response.set_content(fmt::format("{{\"{}\":{}}}\n", name, value), "application/json");
}

}  // namespace

shop::NewOrder parse_order(const httplib::Request& request) {
    const json body = parse_object(request);
    return {whole_number(body, "item_id", std::numeric_limits<shop::Id>::max()),
            static_cast<int>(whole_number(body, "quantity", 1000)), text(body, "card", 64),
            body.contains("gift_for") ? text(body, "gift_for", 64) : ""};
}

shop::NewReview parse_review(const httplib::Request& request) {
    const json body = parse_object(request);
    return {whole_number(body, "item_id", std::numeric_limits<shop::Id>::max()),
            text(body, "text", 2000)};
}

shop::Id parse_id(const httplib::Request& request) {
    const std::string digits = request.matches[1];
    shop::Id id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error != std::errc() || end != digits.data() + digits.size()) {
        throw shop::NotFound("no such number");
    }
    return id;
}

void reply(httplib::Response& response, const shop::Item& item) {
    reply_json(response, 200, "item", described(item));
}

std::string to_line(const shop::Item& item) {
    return described(item) + "\n";
}

void reply(httplib::Response& response, const shop::Order& order) {
    reply_json(response, 200, "order", described(order));
}

void reply(httplib::Response& response, const shop::Review& review) {
    reply_json(response, 200, "review", described(review));
}

void reply_created(httplib::Response& response, const shop::Order& order) {
    response.set_header("Location", fmt::format("/orders/{}", order.id));
    reply_json(response, 201, "order", described(order));
}

void reply_created(httplib::Response& response, const shop::Review& review) {
    response.set_header("Location", fmt::format("/reviews/{}", review.id));
    reply_json(response, 201, "review", described(review));
}

void reply_error(httplib::Response& response, int status, std::string_view message) {
    response.headers.erase("Location");
    reply_json(response, status, "error", as_json(message));
}

}  // namespace http
