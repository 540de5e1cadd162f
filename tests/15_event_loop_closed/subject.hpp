// What the pool of lesson 15 is given by its tests, a manager of connections that they can look
// into, and the lesson's tasks behind a plain interface.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>

#include "support/pool_under_test.hpp"

namespace SQLite {
class Database;
}

// In a namespace, because a learner may call something of hers `Database` as well.
namespace pool_tests {

// The tests say what these are, and what the functions below do.
struct Database;
class Halt;

class FakeConnection {
 public:
    explicit FakeConnection(Database& database);
    FakeConnection(FakeConnection&&) noexcept;
    FakeConnection& operator=(FakeConnection&&) noexcept;
    ~FakeConnection();

    Halt*& on_close();
    bool is_open() const;
    int number() const;  // from 1, in the order of opening
    bool& is_broken();   // it cannot be reset
    bool& is_stale();    // it leads nowhere any more
    bool& check_throws();
    SQLite::Database& on_file();  // where there is a database

 private:
    friend struct FakeManager;
    struct Self;
    std::unique_ptr<Self> self_;
};

struct FakeManager {
    using Connection = FakeConnection;
    Database* database;
    FakeConnection connect() const;
    bool reset(FakeConnection& connection) const;
    bool is_valid(FakeConnection& connection) const;
};

}  // namespace pool_tests

extern template class support::PoolUnderTest<pool_tests::FakeManager>;

namespace support {

// What the learner's TasksClosed becomes on its way to the test.
struct TasksClosed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace support

// The learner's Tasks: gone when this goes. Throws what they throw.
class TasksUnderTest {
 public:
    TasksUnderTest();
    TasksUnderTest(const TasksUnderTest&) = delete;
    TasksUnderTest& operator=(const TasksUnderTest&) = delete;
    ~TasksUnderTest();

    void submit(std::function<void()> task);
    void close();

 private:
    struct Real;
    std::unique_ptr<Real> real_;
};
