// The thread that does the tasks looks every ten milliseconds whether there is one.
//
// Work that a handler leaves to be done after its reply:
// one thread does it, in the order in which it came.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "shop/refusal.hpp"

namespace shop {

// No more work is taken.
class TasksClosed : public Unavailable {
 public:
    TasksClosed() : Unavailable("the shop is closing") {}
};

// Thread safe. What a task uses outlives this object, or belongs to the task.
class Tasks {
 public:
    // Nobody waits for it. What it throws the operator reads, on the standard error output.
    using Task = std::function<void()>;

    Tasks() : worker_([this] { work(); }) {}
    Tasks(const Tasks&) = delete;
    Tasks& operator=(const Tasks&) = delete;
    ~Tasks() { close(); }

    void submit(Task task) {
        const std::lock_guard lock(mutex_);
        if (is_closed_) throw TasksClosed();
        waiting_.push_back(std::move(task));
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        closed_.notify_all();
        const std::lock_guard one_at_a_time(joining_);
        if (worker_.joinable()) worker_.join();
    }

 private:
    static void do_it(const Task& task) {
        try {
            task();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "A task failed: %s\n", error.what());
        } catch (...) {
            std::fputs("A task failed.\n", stderr);
        }
    }
    std::optional<Task> next() {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) return std::nullopt;
        Task task = std::move(waiting_.front());
        waiting_.pop_front();
        return task;
    }
    bool is_over() {
        const std::lock_guard lock(mutex_);
        return is_closed_ && waiting_.empty();
    }
    void work() {
        while (!is_over()) {
            while (const std::optional<Task> task = next()) do_it(*task);
            std::unique_lock lock(mutex_);
            closed_.wait_for(lock, std::chrono::milliseconds(10));
        }
    }

    std::mutex joining_;
    std::mutex mutex_;
    std::condition_variable closed_;
    std::deque<Task> waiting_;
    bool is_closed_ = false;
    std::thread worker_;
};

}  // namespace shop
