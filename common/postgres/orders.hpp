// The shop's SQL for PostgreSQL: what lessons 08 and 09 taught, in its dialect. Each function runs
// on the connection that it is given, inside the transaction open there; none begins or ends
// one. They throw postgres::Error.
#pragma once

#include <optional>
#include <string>

#include "postgres/connection.hpp"
#include "shop/goods.hpp"

namespace postgres {

// Nobody buys more than so much of one item, all her orders taken together.
inline constexpr int most_for_one_card = 3;

// A name for an order, that no other order has.
std::string new_name();

std::optional<shop::Item> find_item(Connection& connection, shop::Id id);
// Only one that is paid.
std::optional<shop::Order> find_order(Connection& connection, shop::Id id);

// Takes the goods out of stock for an order that is still to be paid, and writes it down under
// `name`, which is its for good: where there is an order of that name already this does nothing,
// and returns it. Throws shop::NotFound or shop::SoldOut, and then nothing was taken.
shop::Order reserve(Connection& connection, const shop::NewOrder& order, const std::string& name);

// The order is paid. Done twice it is done once. False when there is no such order (any more).
bool confirm(Connection& connection, shop::Id order);

// The order will not be paid: puts its goods back into stock
// and deletes it, unless it is paid, or gone already.
void release(Connection& connection, shop::Id order);

}  // namespace postgres
