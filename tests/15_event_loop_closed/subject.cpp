// The subject of lesson 15's tests: its pool and its tasks, behind the interfaces that they see.
#include "subject.hpp"

#include <exception>
#include <memory>
#include <utility>

#include "pool.hpp"
#include "support/fake_pool.hpp"
#include "support/pool_adapter.hpp"
#include "tasks.hpp"

// The test can have what the pool threw, too: whether that becomes a 503 is for it to see.
void support::retell() try { throw; } catch (const shop::PoolClosed& error) {
    std::throw_with_nested(PoolClosed(error.what()));
} catch (const shop::PoolExhausted& error) {
    std::throw_with_nested(PoolExhausted(error.what()));
}

template class support::PoolUnderTest<support::FakeManager>;

struct TasksUnderTest::Real {
    shop::Tasks tasks;
};

TasksUnderTest::TasksUnderTest() : real_(std::make_unique<Real>()) {}

TasksUnderTest::~TasksUnderTest() = default;

void TasksUnderTest::submit(std::function<void()> task) {
    try {
        real_->tasks.submit(std::move(task));
    } catch (const shop::TasksClosed& error) {
        throw support::TasksClosed(error.what());
    }
}

void TasksUnderTest::close() {
    real_->tasks.close();
}
