// The pool that a lesson's tests are about, behind a plain interface: tests that use it do not see
// the learner's pool.hpp, so they are compiled once, and a save compiles nothing of them.
//
// It is there to be read, too: it says what the lessons' Pool<Manager> offers, of which a lesson
// may ask for less. Each lesson's tests/NN_name/subject.cpp puts the learner's pool behind it, with
// support/pool_adapter.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "pool/stats.hpp"
#include "time/clock.hpp"

namespace support {

// What the test asks of the pool; what it does not say is as the learner's PoolOptions have it.
struct PoolOptions {
    std::optional<int> max_connections = std::nullopt;
    std::optional<int> max_waiting = std::nullopt;
    std::optional<std::chrono::milliseconds> max_wait = std::nullopt;
    std::optional<std::chrono::milliseconds> valid_for = std::nullopt;  // from lesson 11 on
    std::optional<std::chrono::milliseconds> max_age = std::nullopt;
    std::optional<int> min_idle = std::nullopt;  // from lesson 15 on
};

using shop::LeaseStats;
using shop::PoolStats;

// What the learner's PoolExhausted and PoolClosed become on their way to the test.
struct PoolExhausted : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct PoolClosed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What the type of the learner's leases can do.
struct LeaseTraits {
    bool can_be_copied = false;
    bool can_be_copy_assigned = false;
    bool moves_without_throwing = false;
    bool is_destroyed_without_throwing = false;
    bool can_be_assigned = false;  // another one, moved
};

// `Manager` is the test's, and names its `Connection`. Thread safe as far as the learner's pool is;
// throws what that throws.
template <typename Manager>
class PoolUnderTest {
 public:
    using Connection = typename Manager::Connection;

    // One of the learner's leases: moved when this is moved, and gone when this goes.
    class Lease {
     public:
        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&& other) noexcept;  // only where its traits say that it can be
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease();

        Connection& operator*() const;
        Connection* operator->() const { return &**this; }

        static LeaseTraits traits();

     private:
        friend class PoolUnderTest;
        struct Real;
        explicit Lease(std::unique_ptr<Real> real);
        std::unique_ptr<Real> real_;
    };

    explicit PoolUnderTest(Manager manager, PoolOptions options = {},
                           shop::Clock& clock = shop::Clock::of_the_process());
    PoolUnderTest(const PoolUnderTest&) = delete;
    PoolUnderTest& operator=(const PoolUnderTest&) = delete;
    ~PoolUnderTest();

    Lease acquire(std::string holder);
    Lease acquire(std::string holder, shop::Clock::duration max_wait);
    PoolStats stats() const;
    void close();  // from lesson 15 on

 private:
    struct Real;
    std::unique_ptr<Real> real_;
};

}  // namespace support
