// What the pool of lesson 10 is given by its tests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "support/pool_under_test.hpp"

// In a namespace, because a learner may call something of hers `Database` as well.
namespace pool_tests {

// A connection that is a number, and a manager that makes them.
struct FakeConnection {
    int number;
};
struct FakeManager {
    using Connection = FakeConnection;
    std::shared_ptr<std::atomic<int>> opened = std::make_shared<std::atomic<int>>(0);
    std::function<void()> on_connect = [] {};
    FakeConnection connect() {
        on_connect();
        return {++*opened};
    }
    // From lesson 11 on.
    static bool reset(FakeConnection&) { return false; }
    static bool is_valid(FakeConnection&) { return true; }
};

}  // namespace pool_tests

extern template class support::PoolUnderTest<pool_tests::FakeManager>;
