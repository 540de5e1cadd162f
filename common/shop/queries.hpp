// The shop's SQL, one statement a function. None of them opens a session, begins a transaction or
// ends one: that is what the lessons are about. Each runs on the session it is given, inside
// whatever transaction that session is in, and leaves no statement running. They throw
// SQLite::Exception.
#pragma once

#include <optional>

#include "shop/goods.hpp"

namespace SQLite {
class Database;
}

namespace shop {

std::optional<Item> find_item(SQLite::Database& session, Id id);
std::optional<Order> find_order(SQLite::Database& session, Id id);
std::optional<Review> find_review(SQLite::Database& session, Id id);

// Takes the order's quantity out of the item's stock. Does not look whether there is enough.
void take_stock(SQLite::Database& session, const NewOrder& order);

Order add_order(SQLite::Database& session, const NewOrder& order);

// Nothing when there is no such item.
std::optional<Review> add_review(SQLite::Database& session, const NewReview& review);

}  // namespace shop
