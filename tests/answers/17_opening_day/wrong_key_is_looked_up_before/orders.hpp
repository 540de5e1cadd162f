// Rejected by: A key is the name of an order
// Overlooks: Who presses twice in one moment has no order yet when both requests look. The second is refused
// by the table, because the look and the order are not one unit of work.

// An order from her wish to its receipt: in units of work, each with a connection of its own; while
// the bank thinks it has none. What breaks off in between is brought to its end later.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <exception>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "earlier/09_charged_twice/idempotency.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "shop/bank.hpp"
#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
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
    } catch (const std::exception& error) {  // "come again" may be in it
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
    if (key) {
        std::vector<Entry> earlier;
        {
            const auto lease = pool.acquire("POST /orders");
            earlier = find_entry(*lease, *key);
        }
        if (!earlier.empty()) {
            if (earlier.front().request != described(order)) {
                throw Malformed("this Idempotency-Key was used for another order");
            }
            mark.emplace(in_hand, earlier.front().order.id);
            return settle(pool, earlier.front(), bank);
        }
    }
    const Entry entry = unit_of_work(pool, "POST /orders", [&](SQLite::Database& connection) {
        const Item item = found(find_item(connection, order.item_id), "no such item");
        if (item.stock < order.quantity) throw SoldOut();
        take_stock(connection, order);
        SQLite::Statement insert(
            connection,
            "INSERT INTO orders (item_id, quantity, card, state, idempotency_key, request) "
            "VALUES (?, ?, ?, 'reserved', ?, ?) RETURNING id, payment");
        insert.bind(1, order.item_id);
        insert.bind(2, order.quantity);
        insert.bind(3, order.card);
        if (key) insert.bind(4, *key);
        insert.bind(5, described(order));
        insert.executeStep();
        const Id id = insert.getColumn(0).getInt64();
        const std::string payment = insert.getColumn(1).getString();
        insert.executeStep();
        mark.emplace(in_hand, id);
        return Entry{
            {id, order.item_id, order.quantity, order.card}, "reserved", described(order), payment};
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
