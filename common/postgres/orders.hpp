// The shop's SQL for PostgreSQL: what lessons 08 and 09 taught, in its dialect. Each function runs
// on the connection that it is given, inside the transaction open there; none begins or ends
// one. They throw postgres::Error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/connection.hpp"
#include "shop/goods.hpp"

namespace postgres {

// No card gets more pieces than this, all its orders taken together.
inline constexpr int most_for_one_card = 3;

// The customer's own name for what she wants, as in lesson 09. She says it again when she comes
// again for the same.
using Key = std::optional<std::string>;

// An order as it is written down.
struct Entry {
    shop::Order order;
    std::string state;  // 'reserved', 'confirmed' or 'declined'
    std::string name;   // the shop's own for it, also at the bank: no other order will ever have it
};

// A name for an order.
std::string new_name();

std::optional<shop::Item> find_item(Connection& connection, shop::Id id);
// Only one that is paid.
std::optional<shop::Order> find_order(Connection& connection, shop::Id id);

// The order that is written down under `name` or `key`, in any state. Throws shop::Malformed when
// another one was wanted then.
std::optional<Entry> find_entry(Connection& connection, const shop::NewOrder& order,
                                const std::string& name, const Key& key);

// As find_entry. When there is none, takes the goods out of stock for an order that is still to be
// paid and writes it down under both. Throws also shop::NotFound and shop::SoldOut, and then
// nothing was taken.
Entry reserve(Connection& connection, const shop::NewOrder& order, const std::string& name,
              const Key& key);

// Only that it is reserved now: takes nothing, and looks at nothing.
Entry add_order(Connection& connection, const shop::NewOrder& order, const std::string& name,
                const Key& key);

// The order is paid. Done twice it is done once. False when it has been declined, or never was.
bool confirm(Connection& connection, shop::Id order);

// The order will not be paid: puts its goods back into stock, unless it is paid, or declined
// already.
void release(Connection& connection, shop::Id order);

// The orders that have been reserved for longer than a minute: a request that lasts has brought its
// own to an end by then. Where one has not, it does no harm to do so as well.
std::vector<Entry> left_reserved(Connection& connection);

}  // namespace postgres
