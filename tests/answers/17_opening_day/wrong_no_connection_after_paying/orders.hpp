// Rejected by: Nobody who has paid is told to come again
// Overlooks: Alice is told 503 and to come again, because the pool has no connection for the order that she has
// paid: only what the database says was thought of.

// An order from her wish to its receipt: in units of work, each with a connection of its own; while
// the bank thinks it has none. What breaks off in between is brought to its end later.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <set>
#include <vector>

#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "time/guarded.hpp"

// `Pool` is any type that lends connections. The caller holds none of them.
namespace shop {

// Brings an order to its end from wherever it stands. Throws PaymentDeclined when that was the end.
// Any other exception leaves the order reserved, because it may be paid.
template <typename Pool>
Order settle(Pool& pool, const Entry& entry, Bank& bank) {
    const Order& order = entry.order;
    if (entry.state == "confirmed") return order;
    if (entry.state == "declined") throw PaymentDeclined();
    const bool paid = ask(bank, entry) == Answer::accepted;
    try {
        unit_of_work(pool, "settling", [&](SQLite::Database& connection) {
            return paid ? confirm(connection, order.id) : release(connection, order.id);
        });
    } catch (const SQLite::Exception& error) {
        throw OutcomeUnknown(error.what());
    }
    if (!paid) throw PaymentDeclined();
    return order;
}

// The orders that requests have in hand at this moment. Thread safe.
class OrdersInHand {
 public:
    class Mark {
     public:
        Mark(OrdersInHand& orders, Id order) : orders_(orders), order_(order) {
            orders_.ids_.with([order](auto& ids) { ids.insert(order); });
        }
        Mark(const Mark&) = delete;
        Mark& operator=(const Mark&) = delete;
        ~Mark() {
            orders_.ids_.with([this](auto& ids) { ids.erase(ids.find(order_)); });
        }

     private:
        OrdersInHand& orders_;
        Id order_;
    };

    bool has(Id order) {
        return ids_.with([order](const auto& ids) { return ids.contains(order); });
    }

 private:
    Guarded<std::multiset<Id>> ids_;  // two requests may have one and the same
};

// Returns when the order is confirmed, and that is durable. Throws also NotFound, SoldOut and
// Malformed; then nothing has happened.
template <typename Pool>
Order place_order(Pool& pool, OrdersInHand& in_hand, const NewOrder& order, const Key& key,
                  Bank& bank) {
    std::optional<OrdersInHand::Mark> mark;
    const Entry entry = unit_of_work(pool, "POST /orders", [&](SQLite::Database& connection) {
        Entry reserved = reserve(connection, order, key);
        mark.emplace(in_hand, reserved.order.id);  // before anybody else can see it
        return reserved;
    });
    return settle(pool, entry, bank);
}

// The orders that are accepted and have no receipt.
inline std::vector<Entry> without_receipt(SQLite::Database& connection) {
    SQLite::Statement query(
        connection,
        "SELECT id, item_id, quantity, card, state, coalesce(request, ''), "
        "payment FROM orders WHERE state = 'confirmed' AND id NOT IN (SELECT order_id FROM "
        "receipts)");
    return read_entries(query);
}

}  // namespace shop
