// The threads on which customers wait for their replies. They are joined when the crowd goes, which
// the shop sees to after it has let go of everything that it held.
#pragma once

#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace support {

class Crowd {
 public:
    template <typename Work>
    auto start(Work work) {
        std::packaged_task<decltype(work())()> task(std::move(work));
        auto result = task.get_future().share();
        const std::lock_guard lock(mutex_);
        threads_.emplace_back(std::move(task));
        return result;
    }

    // Called by `join`, when nobody waits any more.
    void at_the_end(std::function<void()> say_goodbye) {
        const std::lock_guard lock(mutex_);
        goodbyes_.push_back(std::move(say_goodbye));
    }

    void join() {
        const std::lock_guard lock(mutex_);
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
        for (const auto& say_goodbye : goodbyes_) say_goodbye();
        goodbyes_.clear();
    }

    Crowd() = default;
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd() { join(); }

 private:
    std::mutex mutex_;
    std::vector<std::thread> threads_;
    std::vector<std::function<void()>> goodbyes_;
};

}  // namespace support
