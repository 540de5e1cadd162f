// What an order does to the shop's tables: what is wanted is an intent until it is paid, and only
// then an order. An order in the table is an order that is paid.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

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

using Key = std::optional<std::string>;

struct Intent {
    Id id;
    NewOrder wants;
    bool is_open;             // the bank has not answered yet
    std::optional<Id> order;  // when it is paid
    std::string payment;      // its name at the bank
};

// Once, before anybody orders.
inline void make_intents(SQLite::Database& connection) {
    connection.exec(R"(CREATE TABLE IF NOT EXISTS intents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT UNIQUE,
        item_id INTEGER NOT NULL,
        quantity INTEGER NOT NULL,
        card TEXT NOT NULL,
        gift_for TEXT NOT NULL,
        is_open INTEGER NOT NULL DEFAULT 1,
        order_id INTEGER REFERENCES orders (id),
        payment TEXT NOT NULL DEFAULT (lower(hex(randomblob(16))))
    ))");
}

inline Intent read_intent(SQLite::Statement& row) {
    return {row.getColumn(0).getInt64(),
            {row.getColumn(1).getInt64(), row.getColumn(2).getInt(), row.getColumn(3).getString(),
             row.getColumn(4).getString()},
            row.getColumn(5).getInt() != 0,
            row.isColumnNull(6) ? std::nullopt : std::optional<Id>(row.getColumn(6).getInt64()),
            row.getColumn(7).getString()};
}

inline constexpr const char* intents =
    "SELECT id, item_id, quantity, card, gift_for, is_open, order_id, payment FROM intents WHERE ";

inline std::vector<Intent> open_intents(SQLite::Database& connection) {
    SQLite::Statement query(connection, std::string(intents) + "is_open ORDER BY id");
    std::vector<Intent> found;
    while (query.executeStep()) found.push_back(read_intent(query));
    return found;
}

inline Intent intent_of(SQLite::Database& connection, Id id) {
    SQLite::Statement query(connection, std::string(intents) + "id = ?");
    query.bind(1, id);
    query.executeStep();
    return read_intent(query);
}

// The intent under `key`, or a new one, for which the goods are taken out of stock. Throws
// Malformed when the key stands for something else,
// NotFound or SoldOut, and then nothing was taken.
inline Intent intend(SQLite::Database& connection, const NewOrder& order, const Key& key) {
    if (key) {
        SQLite::Statement query(connection, std::string(intents) + "key = ?");
        query.bind(1, *key);
        if (query.executeStep()) {
            const Intent earlier = read_intent(query);
            const NewOrder& wanted = earlier.wants;
            if (wanted.item_id == order.item_id && wanted.quantity == order.quantity &&
                wanted.card == order.card && wanted.gift_for == order.gift_for) {
                return earlier;
            }
            throw Malformed("this Idempotency-Key was used for another order");
        }
    }
    const Item item = found(find_item(connection, order.item_id), "no such item");
    if (item.stock < order.quantity) throw SoldOut();
    take_stock(connection, order);
    SQLite::Statement insert(
        connection,
        "INSERT INTO intents (key, item_id, quantity, card, gift_for) VALUES (?, ?, ?, ?, ?)");
    if (key) insert.bind(1, *key);
    insert.bind(2, order.item_id);
    insert.bind(3, order.quantity);
    insert.bind(4, order.card);
    insert.bind(5, order.gift_for);
    insert.exec();
    return intent_of(connection, connection.getLastInsertRowid());
}

// The bank has answered. Once; a later caller finds it closed. Returns what became of it.
inline Intent close_intent(SQLite::Database& connection, Id id, bool is_paid) {
    Intent intent = intent_of(connection, id);
    if (!intent.is_open) return intent;
    if (is_paid) {
        intent.order = add_order(connection, intent.wants).id;
    } else {
        NewOrder given_back = intent.wants;
        given_back.quantity = -given_back.quantity;
        take_stock(connection, given_back);
    }
    SQLite::Statement update(connection,
                             "UPDATE intents SET is_open = 0, order_id = ? WHERE id = ?");
    if (intent.order) update.bind(1, *intent.order);
    update.bind(2, id);
    update.exec();
    intent.is_open = false;
    return intent;
}

}  // namespace shop
