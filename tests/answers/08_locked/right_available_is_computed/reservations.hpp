// What an order does to the shop's tables: the stock is what lies on the shelf, and what can be
// sold is the stock without what is reserved.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

// Each is called inside a unit of work; it begins and ends none. An order that is reserved is
// nobody's yet: GET /orders/{id} is 404. They throw SQLite::Exception.
namespace shop {

// Writes down an order that is still to be paid as 'reserved'. Throws NotFound or SoldOut.
inline Order reserve(SQLite::Database& connection, const NewOrder& order) {
    const Item item = found(find_item(connection, order.item_id), "no such item");
    SQLite::Statement others(
        connection, "SELECT total(quantity) FROM orders WHERE item_id = ? AND state = 'reserved'");
    others.bind(1, order.item_id);
    others.executeStep();
    if (item.stock - others.getColumn(0).getInt() < order.quantity) throw SoldOut();
    SQLite::Statement insert(connection,
                             "INSERT INTO orders (item_id, quantity, card, state) VALUES (?, ?, ?, "
                             "'reserved') RETURNING id");
    insert.bind(1, order.item_id);
    insert.bind(2, order.quantity);
    insert.bind(3, order.card);
    insert.executeStep();
    const Id id = insert.getColumn(0).getInt64();
    insert.executeStep();
    return Order{id, order.item_id, order.quantity, order.card};
}

// The order is paid, and its goods leave the stock. False when it is not reserved, or not any more:
// then nothing was done.
inline bool confirm(SQLite::Database& connection, Id order) {
    SQLite::Statement update(connection,
                             "UPDATE orders SET state = 'confirmed' WHERE id = ? AND state = "
                             "'reserved' RETURNING item_id, quantity");
    update.bind(1, order);
    if (!update.executeStep()) return false;
    const NewOrder sold{update.getColumn(0).getInt64(), update.getColumn(1).getInt(), ""};
    update.executeStep();
    take_stock(connection, sold);
    return true;
}

// The order will not be paid: what was reserved for it is not any more. False when it was not.
inline bool release(SQLite::Database& connection, Id order) {
    SQLite::Statement remove(connection, "DELETE FROM orders WHERE id = ? AND state = 'reserved'");
    remove.bind(1, order);
    return remove.exec() == 1;
}

}  // namespace shop
