// What a pool asks of its manager. What these functions do is said where the pool is.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

namespace shop {

template <typename Manager>
concept Connects = requires(Manager& manager) {
    { manager.connect() } -> std::move_constructible;
};

template <Connects Manager>
using ConnectionOf = std::remove_cvref_t<decltype(std::declval<Manager&>().connect())>;

// A manager that lacks one of them does not compile, and the compiler says which it is.
template <typename Manager>
concept PoolManager = Connects<Manager> &&
    requires(Manager& manager, ConnectionOf<Manager>& connection) {
    { manager.reset(connection) } -> std::same_as<bool>;
    { manager.is_valid(connection) } -> std::same_as<bool>;
};

}  // namespace shop
