// What a pool asks of its manager. What these functions do is said where the pool is.
#pragma once

#include <concepts>
#include <type_traits>

namespace shop {

// A manager that lacks one of them does not compile, and the compiler says which it is.
template <typename Manager>
concept PoolManager = requires(Manager& manager) {
    { manager.connect() } -> std::move_constructible;
    requires requires(std::remove_cvref_t<decltype(manager.connect())> & connection) {
        { manager.reset(connection) } -> std::same_as<bool>;
        { manager.is_valid(connection) } -> std::same_as<bool>;
    };
};

}  // namespace shop
