// The shop's SQL, one statement a function. None of them opens a connection, begins a transaction
// or ends one: that is what the lessons are about. Each runs on the connection it is given, inside
// the transaction that connection is in, if any, and leaves no statement running. They throw
// SQLite::Exception.
#pragma once

#include <optional>
#include <string>

#include "shop/goods.hpp"

namespace SQLite {
class Database;
}

namespace shop {

std::optional<Item> find_item(SQLite::Database& connection, Id id);
// Only an order that is confirmed: one that is reserved or declined is nobody's.
std::optional<Order> find_order(SQLite::Database& connection, Id id);
std::optional<Review> find_review(SQLite::Database& connection, Id id);

// Takes the order's quantity out of the item's stock. Does not look whether there is enough.
void take_stock(SQLite::Database& connection, const NewOrder& order);

Order add_order(SQLite::Database& connection, const NewOrder& order);

// Who is to have what was ordered. There may be nobody of that name: SQLite looks when the
// transaction commits, and then the commit fails (SQLITE_CONSTRAINT_FOREIGNKEY) in a connection
// that enforces foreign keys.
void add_gift(SQLite::Database& connection, Id order, const std::string& recipient);

// Counts a visit of the customer of that name and notes the time. Nothing when there is none.
std::optional<Customer> welcome(SQLite::Database& connection, const std::string& name);

// A line of the audit log: what became of an order.
void add_audit(SQLite::Database& connection, const NewOrder& order, const std::string& outcome);

// The receipt of an order, with the bank's number of its payment.
void add_receipt(SQLite::Database& connection, Id order, const std::string& reference);

// Nothing when there is no such item.
std::optional<Review> add_review(SQLite::Database& connection, const NewReview& review);

}  // namespace shop
