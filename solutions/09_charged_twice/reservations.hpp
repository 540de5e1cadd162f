// What an order does to the shop's tables: written down under its customer's key while its goods
// are reserved, then confirmed or declined for good.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

// Each of these is several statements that hold together, so it is called inside a unit of work; it
// begins and ends none. They throw SQLite::Exception.
namespace shop {

// The customer's name for what she wants, and hers alone.
// She says it again when she comes again for the same.
using Key = std::optional<std::string>;

// An order as it is written down.
struct Entry {
    Order order;
    std::string state;    // 'reserved', 'confirmed' or 'declined'
    std::string request;  // what was wanted, to be compared
    std::string payment;  // its name at the bank: a random one, which no other order will ever have
};

// What an order wants, in one text. Two orders have the same text when they want the same.
inline std::string described(const NewOrder& order) {
    return std::to_string(order.item_id) + "|" + std::to_string(order.quantity) + "|" +
           std::to_string(order.gift_for.size()) + ":" + order.gift_for + "|" + order.card;
}

// The rows of a query for id, item_id, quantity, card, state, request and payment.
inline std::vector<Entry> read_entries(SQLite::Statement& query) {
    std::vector<Entry> entries;
    while (query.executeStep()) {
        entries.push_back({{query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                            query.getColumn(2).getInt(), query.getColumn(3).getString()},
                           query.getColumn(4).getString(),
                           query.getColumn(5).getString(),
                           query.getColumn(6).getString()});
    }
    return entries;
}

// What was begun and never finished.
inline std::vector<Entry> still_reserved(SQLite::Database& connection) {
    SQLite::Statement query(connection,
                            "SELECT id, item_id, quantity, card, state, coalesce(request, ''), "
                            "payment FROM orders WHERE state = 'reserved'");
    return read_entries(query);
}

// What was written down under `key`: one or nothing.
inline std::vector<Entry> find_entry(SQLite::Database& connection, const std::string& key) {
    SQLite::Statement query(connection,
                            "SELECT id, item_id, quantity, card, state, coalesce(request, ''), "
                            "payment FROM orders WHERE idempotency_key = ?");
    query.bind(1, key);
    return read_entries(query);
}

// The entry under `key`, in any state. When there is none, takes the goods out of
// stock for an order that is still to be paid and writes it down as 'reserved'. Throws Malformed
// when the key stands for another order, NotFound or SoldOut, and then nothing was taken.
inline Entry reserve(SQLite::Database& connection, const NewOrder& order, const Key& key) {
    const std::string request = described(order);
    if (key) {
        for (const Entry& earlier : find_entry(connection, *key)) {
            if (earlier.request == request) return earlier;
            throw Malformed("this Idempotency-Key was used for another order");
        }
    }
    const Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < order.quantity) throw SoldOut();
    take_stock(connection, order);
    SQLite::Statement insert(connection,
                             "INSERT INTO orders (item_id, quantity, card, state, idempotency_key, "
                             "request) VALUES (?, ?, ?, 'reserved', ?, ?) RETURNING id, payment");
    insert.bind(1, order.item_id);
    insert.bind(2, order.quantity);
    insert.bind(3, order.card);
    if (key) insert.bind(4, *key);  // else it stays NULL, which is never equal to another
    insert.bind(5, request);
    insert.executeStep();
    const Id id = insert.getColumn(0).getInt64();
    const std::string payment = insert.getColumn(1).getString();  // the table makes it up
    insert.executeStep();
    return {{id, order.item_id, order.quantity, order.card}, "reserved", request, payment};
}

// The order is paid. False when it is not reserved, or not any more: then nothing was done.
inline bool confirm(SQLite::Database& connection, Id order) {
    SQLite::Statement update(
        connection, "UPDATE orders SET state = 'confirmed' WHERE id = ? AND state = 'reserved'");
    update.bind(1, order);
    return update.exec() == 1;
}

// The order will not be paid: puts its goods back into stock. False when it is not reserved, or not
// any more: then nothing is given back, because what is given back twice is sold twice.
inline bool release(SQLite::Database& connection, Id order) {
    SQLite::Statement update(connection,
                             "UPDATE orders SET state = 'declined' WHERE id = ? AND state = "
                             "'reserved' RETURNING item_id, quantity");
    update.bind(1, order);
    if (!update.executeStep()) return false;
    const Id item = update.getColumn(0).getInt64();
    const int quantity = update.getColumn(1).getInt();
    update.executeStep();
    SQLite::Statement give_back(connection, "UPDATE items SET stock = stock + ? WHERE id = ?");
    give_back.bind(1, quantity);
    give_back.bind(2, item);
    give_back.exec();
    return true;
}

}  // namespace shop
