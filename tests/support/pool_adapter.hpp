// Puts the learner's pool behind support/pool_under_test.hpp. Included by a lesson's
// tests/NN_name/subject.cpp, after the subject's "pool.hpp", which goes on with
//
//     void support::retell() try { throw; } catch (const shop::PoolExhausted& error) { … }
//     template class support::PoolUnderTest<support::FakeManager>;
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "support/pool_under_test.hpp"

namespace support {

// Throws what is being handled as the test knows it, and everything else as it is.
[[noreturn]] void retell();

// The manager that the learner's pool gets: the test's own, unless the subject says otherwise.
template <typename Manager>
Manager real_manager(Manager manager) {
    return manager;
}

template <typename Manager>
using RealPool = shop::Pool<decltype(real_manager(std::declval<Manager>()))>;

template <typename Manager>
using RealLease = decltype(std::declval<RealPool<Manager>&>().acquire(std::string()));

template <typename Theirs>
Theirs real_options(const PoolOptions& ours) {
    const auto set = [](auto& theirs, const auto& wanted) {
        if (wanted) theirs = *wanted;
    };
    Theirs theirs;
    set(theirs.max_connections, ours.max_connections);
    set(theirs.max_waiting, ours.max_waiting);
    set(theirs.max_wait, ours.max_wait);
    if constexpr (requires { theirs.valid_for; }) set(theirs.valid_for, ours.valid_for);
    if constexpr (requires { theirs.max_age; }) set(theirs.max_age, ours.max_age);
    if constexpr (requires { theirs.min_idle; }) set(theirs.min_idle, ours.min_idle);
    return theirs;
}

template <typename Manager>
struct PoolUnderTest<Manager>::Lease::Real {
    RealLease<Manager> lease;
};

template <typename Manager>
PoolUnderTest<Manager>::Lease::Lease(std::unique_ptr<Real> real) : real_(std::move(real)) {}

template <typename Manager>
PoolUnderTest<Manager>::Lease::Lease(Lease&& other) noexcept
    : real_(new Real{std::move(other.real_->lease)}) {}

template <typename Manager>
auto PoolUnderTest<Manager>::Lease::operator=(Lease&& other) noexcept -> Lease& {
    if constexpr (std::is_move_assignable_v<RealLease<Manager>>) {
        real_->lease = std::move(other.real_->lease);
        return *this;
    }
    std::terminate();
}

template <typename Manager>
PoolUnderTest<Manager>::Lease::~Lease() = default;

template <typename Manager>
auto PoolUnderTest<Manager>::Lease::operator*() const -> Connection& {
    return *real_->lease;
}

template <typename Manager>
LeaseTraits PoolUnderTest<Manager>::Lease::traits() {
    using Theirs = RealLease<Manager>;
    return {std::is_copy_constructible_v<Theirs>, std::is_copy_assignable_v<Theirs>,
            std::is_nothrow_move_constructible_v<Theirs>, std::is_nothrow_destructible_v<Theirs>,
            std::is_move_assignable_v<Theirs>};
}

template <typename Manager>
struct PoolUnderTest<Manager>::Real {
    Real(Manager manager, const PoolOptions& options, shop::Clock& clock)
        : pool(real_manager(std::move(manager)), real_options<shop::PoolOptions>(options), clock) {}
    RealPool<Manager> pool;
};

template <typename Manager>
PoolUnderTest<Manager>::PoolUnderTest(Manager manager, PoolOptions options, shop::Clock& clock)
    : real_(std::make_unique<Real>(std::move(manager), options, clock)) {}

template <typename Manager>
PoolUnderTest<Manager>::~PoolUnderTest() = default;

template <typename Manager>
auto PoolUnderTest<Manager>::acquire(std::string holder) -> Lease {
    try {
        return Lease(std::unique_ptr<typename Lease::Real>(
            new typename Lease::Real{real_->pool.acquire(std::move(holder))}));
    } catch (...) {
        retell();
    }
}

template <typename Manager>
auto PoolUnderTest<Manager>::acquire(std::string holder, shop::Clock::duration max_wait) -> Lease {
    try {
        return Lease(std::unique_ptr<typename Lease::Real>(
            new typename Lease::Real{real_->pool.acquire(std::move(holder), max_wait)}));
    } catch (...) {
        retell();
    }
}

template <typename Manager>
PoolStats PoolUnderTest<Manager>::stats() const {
    return real_->pool.stats();
}

template <typename Manager>
void PoolUnderTest<Manager>::close() {
    if constexpr (requires { real_->pool.close(); }) real_->pool.close();
}

}  // namespace support
