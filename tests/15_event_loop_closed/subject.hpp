// The subject of lesson 15's tests: the learner's tasks, behind a plain interface. The pool is
// support/fake_pool.hpp.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>

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
