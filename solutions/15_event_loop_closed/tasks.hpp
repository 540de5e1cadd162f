// Work that a handler leaves to be done after its reply:
// one thread does it, in the order in which it came.
#pragma once

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

    // A task that was taken is done before `close` returns. Throws TasksClosed once that has begun.
    void submit(Task task) {
        const std::lock_guard lock(mutex_);
        if (is_closed_) throw TasksClosed();
        waiting_.push_back(std::move(task));
        changed_.notify_one();
    }

    // Takes no more, and waits until all that was taken is done. From any thread, any
    // number of times. Not from a task.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closed_ = true;
        }
        changed_.notify_one();
        const std::lock_guard one_at_a_time(joining_);
        if (worker_.joinable()) worker_.join();
    }

 private:
    void work() {
        while (const std::optional<Task> task = next()) {
            try {
                (*task)();
            } catch (const std::exception& error) {
                std::fprintf(stderr, "A task failed: %s\n", error.what());
            } catch (...) {
                std::fputs("A task failed.\n", stderr);
            }
        }
    }

    // Waits for it. Nothing: there will be no more.
    std::optional<Task> next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_closed_ || !waiting_.empty(); });
        if (waiting_.empty()) return std::nullopt;
        Task task = std::move(waiting_.front());
        waiting_.pop_front();
        return task;
    }

    std::mutex joining_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<Task> waiting_;
    bool is_closed_ = false;
    std::thread worker_;  // last: it begins with all of the above made
};

}  // namespace shop
