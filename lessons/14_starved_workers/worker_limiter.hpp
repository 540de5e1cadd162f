// The shop's workers: an HTTP connection takes one and has it until it ends.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <functional>
#include <utility>

namespace shop {

// The server's task queue: serves each HTTP connection on one of `count` threads.
class WorkerQueue : public httplib::TaskQueue {
 public:
    explicit WorkerQueue(int count) : threads_(static_cast<std::size_t>(count)) {}

    // void before cpp-httplib 0.15, bool since.
    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

    // `serve` returns when the HTTP connection has ended: after many requests, or after none.
    Enqueued enqueue(std::function<void()> serve) override {
        return threads_.enqueue(std::move(serve));
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    httplib::ThreadPool threads_;
};

}  // namespace shop
