// What an order does to the shop's tables: goods are reserved before the bank is asked, and then
// confirmed or released.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "shop/catalogue.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"

// Each is called inside a unit of work; it begins and ends none. An order that is reserved is
// nobody's yet: GET /orders/{id} is 404. They throw SQLite::Exception.
namespace shop {

// One statement looks and takes, so that this unit writes first and has read nothing that could
// grow stale. Takes the goods out of stock for an order that is still to be paid, and writes it
// down as 'reserved'. Throws NotFound or SoldOut, and then nothing was taken.
inline Order reserve(SQLite::Database& connection, const NewOrder& order) {
    SQLite::Statement take(connection,
                           "UPDATE items SET stock = stock - ?1 WHERE id = ?2 AND stock >= ?1");
    take.bind(1, order.quantity);
    take.bind(2, order.item_id);
    if (take.exec() == 0) {
        found(find_item(connection, order.item_id), "no such item");
        throw SoldOut();
    }
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

// The order is paid. False when it is not reserved, or not any more: then nothing was done.
inline bool confirm(SQLite::Database& connection, Id order) {
    SQLite::Statement update(
        connection, "UPDATE orders SET state = 'confirmed' WHERE id = ? AND state = 'reserved'");
    update.bind(1, order);
    return update.exec() == 1;
}

// The order will not be paid: puts its goods back into stock and deletes it. False when it is not
// reserved, or not any more: then nothing is given back,
// because what is given back twice is sold twice.
inline bool release(SQLite::Database& connection, Id order) {
    SQLite::Statement remove(
        connection,
        "DELETE FROM orders WHERE id = ? AND state = 'reserved' RETURNING item_id, quantity");
    remove.bind(1, order);
    if (!remove.executeStep()) return false;
    const Id item = remove.getColumn(0).getInt64();
    const int quantity = remove.getColumn(1).getInt();
    remove.executeStep();
    SQLite::Statement give_back(connection, "UPDATE items SET stock = stock + ? WHERE id = ?");
    give_back.bind(1, quantity);
    give_back.bind(2, item);
    give_back.exec();
    return true;
}

}  // namespace shop
