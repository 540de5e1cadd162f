#include "postgres/orders.hpp"

#include <fmt/format.h>

#include <random>

#include "shop/refusal.hpp"

namespace postgres {
namespace {

std::string text(std::int64_t number) {
    return fmt::format("{}", number);
}

std::optional<shop::Order> first_order(const Result& found) {
    if (found.rows() == 0) return std::nullopt;
    return shop::Order{found.number(0, 0), found.number(0, 1), static_cast<int>(found.number(0, 2)),
                       found.text(0, 3)};
}

std::int64_t bought_with(Connection& connection, const std::string& card) {
    return connection.exec("SELECT coalesce(sum(quantity), 0) FROM orders WHERE card = $1", {card})
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
    return first_order(connection.exec(
        "SELECT id, item_id, quantity, card FROM orders WHERE id = $1 AND state = 'confirmed'",
        {text(id)}));
}

shop::Order reserve(Connection& connection, const shop::NewOrder& order, const std::string& name) {
    if (const auto earlier = first_order(connection.exec(
            "SELECT id, item_id, quantity, card FROM orders WHERE name = $1", {name}))) {
        return *earlier;
    }
    const auto item = find_item(connection, order.item_id);
    if (!item) throw shop::NotFound("no such item");
    if (item->stock < order.quantity) throw shop::SoldOut();
    if (bought_with(connection, order.card) + order.quantity > most_for_one_card) {
        throw shop::SoldOut("no more than three for each customer");
    }
    connection.exec("UPDATE items SET stock = stock - $1 WHERE id = $2",
                    {text(order.quantity), text(order.item_id)});
    const Result added = connection.exec(
        "INSERT INTO orders (item_id, quantity, card, state, name) VALUES ($1, $2, $3, 'reserved', "
        "$4) RETURNING id",
        {text(order.item_id), text(order.quantity), order.card, name});
    return shop::Order{added.number(0, 0), order.item_id, order.quantity, order.card};
}

bool confirm(Connection& connection, shop::Id order) {
    return connection.exec("UPDATE orders SET state = 'confirmed' WHERE id = $1", {text(order)})
               .rows_affected() == 1;
}

void release(Connection& connection, shop::Id order) {
    connection.exec(
        "WITH released AS (DELETE FROM orders WHERE id = $1 AND state = 'reserved' RETURNING "
        "item_id, quantity) UPDATE items SET stock = stock + quantity FROM released WHERE items.id "
        "= item_id",
        {text(order)});
}

}  // namespace postgres
