#include "shop/queries.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "shop/statement.hpp"

namespace shop {

std::optional<Item> find_item(SQLite::Database& connection, Id id) {
    Statement query(connection, "SELECT id, title, stock FROM items WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep()) return std::nullopt;
    return Item{query.getColumn(0).getInt64(), query.getColumn(1).getString(),
                query.getColumn(2).getInt()};
}

std::optional<Order> find_order(SQLite::Database& connection, Id id) {
    Statement query(
        connection,
        "SELECT id, item_id, quantity, card FROM orders WHERE id = ? AND state = 'confirmed'");
    query.bind(1, id);
    if (!query.executeStep()) return std::nullopt;
    return Order{query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                 query.getColumn(2).getInt(), query.getColumn(3).getString()};
}

std::optional<Review> find_review(SQLite::Database& connection, Id id) {
    Statement query(connection, "SELECT id, item_id, text FROM reviews WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep()) return std::nullopt;
    return Review{query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                  query.getColumn(2).getString()};
}

void take_stock(SQLite::Database& connection, const NewOrder& order) {
    Statement update(connection, "UPDATE items SET stock = stock - ? WHERE id = ?");
    update.bind(1, order.quantity);
    update.bind(2, order.item_id);
    update.exec();
}

// RETURNING, because sqlite3_last_insert_rowid would be another caller's id if the connection is
// shared. The second step lets an autocommit statement end, and with it commit.
Order add_order(SQLite::Database& connection, const NewOrder& order) {
    Statement insert(connection,
                     "INSERT INTO orders (item_id, quantity, card) VALUES (?, ?, ?) RETURNING id");
    insert.bind(1, order.item_id);
    insert.bind(2, order.quantity);
    insert.bind(3, order.card);
    insert.executeStep();
    const Id id = insert.getColumn(0).getInt64();
    insert.executeStep();
    return Order{id, order.item_id, order.quantity, order.card};
}

void add_gift(SQLite::Database& connection, Id order, const std::string& recipient) {
    Statement insert(connection, "INSERT INTO gifts (order_id, recipient) VALUES (?, ?)");
    insert.bind(1, order);
    insert.bind(2, recipient);
    insert.exec();
}

void add_audit(SQLite::Database& connection, const NewOrder& order, const std::string& outcome) {
    Statement insert(connection,
                     "INSERT INTO audits (card, item_id, quantity, outcome) VALUES (?, ?, ?, ?)");
    insert.bind(1, order.card);
    insert.bind(2, order.item_id);
    insert.bind(3, order.quantity);
    insert.bind(4, outcome);
    insert.exec();
}

void add_receipt(SQLite::Database& connection, Id order, const std::string& reference) {
    Statement insert(connection, "INSERT INTO receipts (order_id, reference) VALUES (?, ?)");
    insert.bind(1, order);
    insert.bind(2, reference);
    insert.exec();
}

std::optional<Customer> welcome(SQLite::Database& connection, const std::string& name) {
    Statement update(connection,
                     "UPDATE customers SET visits = visits + 1, last_seen = datetime() "
                     "WHERE name = ? RETURNING name, visits");
    update.bind(1, name);
    if (!update.executeStep()) return std::nullopt;
    const Customer customer{update.getColumn(0).getString(), update.getColumn(1).getInt()};
    update.executeStep();
    return customer;
}

std::optional<Review> add_review(SQLite::Database& connection, const NewReview& review) {
    Statement insert(
        connection,
        "INSERT INTO reviews (item_id, text) SELECT id, ? FROM items WHERE id = ? RETURNING id");
    insert.bind(1, review.text);
    insert.bind(2, review.item_id);
    if (!insert.executeStep()) return std::nullopt;
    const Id id = insert.getColumn(0).getInt64();
    insert.executeStep();
    return Review{id, review.item_id, review.text};
}

}  // namespace shop
