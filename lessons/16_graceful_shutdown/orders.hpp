// An order in units of work, as in lesson 13, that is settled
// with the bank by its own name, as in lesson 09.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <exception>
#include <optional>

#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"

namespace shop {

// Asks the bank, and brings the order to its end. `Pool`: any type that lends connections. Throws
// PaymentDeclined when that was the end, and what the bank throws, or OutcomeUnknown: then the
// order stays reserved, because it may be paid, and the next try under the same name settles it.
template <typename Pool>
Order settle(Pool& pool, const Entry& entry, Bank& bank) {
    const Order& order = entry.order;
    const bool paid =
        bank.charge({order.item_id, order.quantity, order.card}, entry.payment) == Answer::accepted;
    try {
        unit_of_work(pool, "POST /orders", [&](SQLite::Database& connection) {
            return paid ? confirm(connection, order.id) : release(connection, order.id);
        });
    } catch (const std::exception& error) {  // "come again" may be in it
        throw OutcomeUnknown(error.what());
    }
    if (!paid) throw PaymentDeclined();
    return order;
}

// Throws also NotFound and SoldOut.
template <typename Pool>
Order place_order(Pool& pool, const NewOrder& order, Bank& bank) {
    const Entry entry = unit_of_work(pool, "POST /orders", [&](SQLite::Database& connection) {
        return reserve(connection, order, std::nullopt);
    });
    return settle(pool, entry, bank);
}

// What an earlier server has left behind. Of those that the bank does not answer for, the next
// server takes care.
template <typename Pool>
void settle_what_is_reserved(Pool& pool, Bank& bank) {
    for (const Entry& entry : unit_of_work(pool, "recovery", still_reserved)) {
        try {
            settle(pool, entry, bank);
        } catch (const PaymentDeclined&) {
        } catch (const OutcomeUnknown&) {
        }
    }
}

}  // namespace shop
