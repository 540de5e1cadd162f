#include "postgres/orders.hpp"

#include <fmt/format.h>

#include <random>

#include "shop/refusal.hpp"

namespace postgres {
namespace {

std::string text(std::int64_t number) {
    return fmt::format("{}", number);
}

shop::Order read_order(const Result& found, int row) {
    return {found.number(row, 0), found.number(row, 1), static_cast<int>(found.number(row, 2)),
            found.text(row, 3)};
}

// The rows of a query for id, item_id, quantity, card, state and name.
std::vector<Entry> read_entries(const Result& found) {
    std::vector<Entry> entries;
    for (int row = 0; row < found.rows(); ++row) {
        entries.push_back({read_order(found, row), found.text(row, 4), found.text(row, 5)});
    }
    return entries;
}

std::int64_t bought_with(Connection& connection, const std::string& card) {
    return connection
        .exec(
            "SELECT coalesce(sum(quantity), 0) FROM orders WHERE card = $1 AND state <> 'declined'",
            {card})
        .number(0, 0);
}

}  // namespace

std::string new_name() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

std::optional<shop::Item> find_item(Connection& connection, shop::Id id) {
    const Result found =
        connection.exec("SELECT id, title, stock FROM items WHERE id = $1", {text(id)});
    if (found.rows() == 0) return std::nullopt;
    return shop::Item{found.number(0, 0), found.text(0, 1), static_cast<int>(found.number(0, 2))};
}

std::optional<shop::Order> find_order(Connection& connection, shop::Id id) {
    const Result found = connection.exec(
        "SELECT id, item_id, quantity, card FROM orders WHERE id = $1 AND state = 'confirmed'",
        {text(id)});
    if (found.rows() == 0) return std::nullopt;
    return read_order(found, 0);
}

std::optional<Entry> find_entry(Connection& connection, const shop::NewOrder& order,
                                const std::string& name, const Key& key) {
    const auto found = read_entries(connection.exec(
        "SELECT id, item_id, quantity, card, state, name FROM orders WHERE name = $1 OR "
        "customers_key = $2",
        {name, key.value_or(name)}));  // a name is nobody's key
    if (found.empty()) return std::nullopt;
    const shop::Order& earlier = found.front().order;
    if (earlier.item_id != order.item_id || earlier.quantity != order.quantity ||
        earlier.card != order.card) {
        throw shop::Malformed("this Idempotency-Key was used for another order");
    }
    return found.front();
}

Entry reserve(Connection& connection, const shop::NewOrder& order, const std::string& name,
              const Key& key) {
    if (const auto earlier = find_entry(connection, order, name, key)) return *earlier;
    const auto item = find_item(connection, order.item_id);
    if (!item) throw shop::NotFound("no such item");
    if (item->stock < order.quantity) throw shop::SoldOut();
    if (bought_with(connection, order.card) + order.quantity > most_for_one_card) {
        throw shop::SoldOut("no more than three for each customer");
    }
    connection.exec("UPDATE items SET stock = stock - $1 WHERE id = $2",
                    {text(order.quantity), text(order.item_id)});
    return add_order(connection, order, name, key);
}

Entry add_order(Connection& connection, const shop::NewOrder& order, const std::string& name,
                const Key& key) {
    const Result added = connection.exec(
        "INSERT INTO orders (item_id, quantity, card, state, name, customers_key) VALUES ($1, $2, "
        "$3, 'reserved', $4, nullif($5, '')) RETURNING id",
        {text(order.item_id), text(order.quantity), order.card, name, key.value_or("")});
    return {{added.number(0, 0), order.item_id, order.quantity, order.card}, "reserved", name};
}

bool confirm(Connection& connection, shop::Id order) {
    return connection
               .exec("UPDATE orders SET state = 'confirmed' WHERE id = $1 AND state <> 'declined'",
                     {text(order)})
               .rows_affected() == 1;
}

void release(Connection& connection, shop::Id order) {
    connection.exec(
        "WITH released AS (UPDATE orders SET state = 'declined' WHERE id = $1 AND state = "
        "'reserved' RETURNING item_id, quantity) UPDATE items SET stock = stock + quantity FROM "
        "released WHERE items.id = item_id",
        {text(order)});
}

std::vector<Entry> left_reserved(Connection& connection) {
    return read_entries(connection.exec(
        "SELECT id, item_id, quantity, card, state, name FROM orders WHERE state = 'reserved' AND "
        "reserved_at < now() - interval '1 minute'"));
}

}  // namespace postgres
