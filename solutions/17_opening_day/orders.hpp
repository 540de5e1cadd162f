// An order from her wish to its receipt: in units of work, each with a connection of its own; while
// the bank thinks it has none. What breaks off in between is brought to its end later, by whomever.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"

// `Pool` is whatever lends connections, and nobody calls these who has one of its.
namespace shop {

// Brings an order to its end from wherever it stands. Throws PaymentDeclined when that was the end.
// Whatever else it throws leaves the order reserved, because it may be paid.
template <typename Pool>
Order settle(Pool& pool, const Entry& entry, Bank& bank) {
    const Order& order = entry.order;
    if (entry.state == "confirmed") return order;
    if (entry.state == "declined") throw PaymentDeclined();
    const bool paid = ask(bank, entry) == Answer::accepted;
    unit_of_work(pool, "settling", [&](SQLite::Database& connection) {
        return paid ? confirm(connection, order.id) : release(connection, order.id);
    });
    if (!paid) throw PaymentDeclined();
    return order;
}

// Returns when the order is confirmed, and that is durable. Throws also NotFound, SoldOut and
// Malformed; then nothing has happened.
template <typename Pool>
Order place_order(Pool& pool, const NewOrder& order, const Key& key, Bank& bank) {
    const Entry entry = unit_of_work(pool, "POST /orders", [&](SQLite::Database& connection) {
        return reserve(connection, order, key);
    });
    return settle(pool, entry, bank);
}

// Settles what an earlier shop has left reserved. Where the bank does not answer, the order is left
// for its customer, or for the next start.
template <typename Pool>
void recover(Pool& pool, Bank& bank) {
    for (const Entry& entry : unit_of_work(pool, "recovery", still_reserved)) {
        try {
            settle(pool, entry, bank);
        } catch (const PaymentDeclined&) {  // an end like any other
        } catch (const BankUnreachable&) {
        }
    }
}

// The orders that are accepted and have no receipt.
inline std::vector<Entry> without_receipt(SQLite::Database& connection) {
    SQLite::Statement query(connection,
                            "SELECT id, item_id, quantity, card, state, coalesce(request, ''), "
                            "payment FROM orders WHERE state = 'confirmed' AND id NOT IN (SELECT "
                            "order_id FROM receipts)");
    return read_entries(query);
}

}  // namespace shop
