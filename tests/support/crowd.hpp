// The threads on which customers wait for their replies. They are joined when the crowd goes, which
// the shop sees to after it has let go of everything that it held.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
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
        // Those who have their reply leave: a test may ask a thousand times.
        std::erase_if(threads_, [](Waiting& one) {
            if (!*one.is_over) return false;
            one.thread.join();
            return true;
        });
        auto is_over = std::make_shared<std::atomic<bool>>(false);
        std::thread thread([task = std::move(task), is_over]() mutable {
            task();
            *is_over = true;
        });
        threads_.push_back({std::move(thread), std::move(is_over)});
        return result;
    }

    // Called by `join`, when nobody waits any more.
    void at_the_end(std::function<void()> say_goodbye) {
        const std::lock_guard lock(mutex_);
        goodbyes_.push_back(std::move(say_goodbye));
    }

    void join() {
        const std::lock_guard lock(mutex_);
        for (Waiting& one : threads_) one.thread.join();
        threads_.clear();
        for (const auto& say_goodbye : goodbyes_) say_goodbye();
        goodbyes_.clear();
    }

    Crowd() = default;
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd() { join(); }

 private:
    struct Waiting {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> is_over;
    };

    std::mutex mutex_;
    std::vector<Waiting> threads_;
    std::vector<std::function<void()>> goodbyes_;
};

}  // namespace support
