// The two names of an order: the customer's own, by which the shop knows it again, and the shop's,
// by which the bank does.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <optional>
#include <string>

#include "reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"

namespace shop {

inline constexpr std::size_t longest_key = 255;

// Her name for her order, behind her own: another customer who happens to say the same means his
// own order. The length of her own separates the two; a mark would not, because a name and a key
// may have any in them (cpp-httplib before 0.44 reads "%0A" as a line break). An empty key is none;
// some versions drop empty headers. Throws Malformed.
inline Key key_of(const httplib::Request& request) {
    const std::string key = request.get_header_value("Idempotency-Key");
    if (key.empty()) return std::nullopt;
    if (key.size() > longest_key) {
        throw Malformed("Idempotency-Key is longer than " + std::to_string(longest_key) + " bytes");
    }
    const std::string owner = request.get_header_value("X-Customer");
    return std::to_string(owner.size()) + ":" + owner + key;
}

// What the bank says to this order. It is asked by the payment's own name, for which it takes money
// once: so an answer that does not come is asked for again, and it does not matter who asks.
// Throws BankUnreachable.
inline Answer ask(Bank& bank, const Entry& entry) {
    const NewOrder to_pay{entry.order.item_id, entry.order.quantity, entry.order.card};
    try {
        return bank.charge(to_pay, entry.payment);
    } catch (const BankUnreachable&) {
        return bank.charge(to_pay, entry.payment);
    }
}

}  // namespace shop
