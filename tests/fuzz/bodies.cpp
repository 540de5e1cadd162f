// Fuzzed: what a customer posts. Every body becomes an order or a review as the shop takes
// them, or shop::Malformed.
#include <httplib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/json.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void is_text(const std::string& text, std::size_t most) {
    require(!text.empty() && text.size() <= most);
}

void read_order(const httplib::Request& request) try {
    const shop::NewOrder order = http::parse_order(request);
    require(order.item_id >= 1 && order.quantity >= 1 && order.quantity <= 1000);
    is_text(order.card, 64);
    if (!order.gift_for.empty()) is_text(order.gift_for, 64);
    httplib::Response response;
    http::reply_created(response, shop::Order{1, order.item_id, order.quantity, order.card});
} catch (const shop::Refusal& refusal) {
    httplib::Response response;
    http::reply_error(response, 422, refusal.what());
}

void read_review(const httplib::Request& request) try {
    const shop::NewReview review = http::parse_review(request);
    require(review.item_id >= 1);
    is_text(review.text, 2000);
    httplib::Response response;
    http::reply_created(response, shop::Review{1, review.item_id, review.text});
} catch (const shop::Refusal&) {
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    httplib::Request request;
    request.body.assign(reinterpret_cast<const char*>(data), size);
    read_order(request);
    read_review(request);
    return 0;
}
