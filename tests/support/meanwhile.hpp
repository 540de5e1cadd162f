// Something that is done while the test goes on.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "support/await.hpp"

namespace support {

// Does it on a thread of its own, which is joined at the latest when this goes.
class Meanwhile {
 public:
    explicit Meanwhile(std::function<void()> work)
        : thread_([this, work = std::move(work)] {
              work();
              is_over_ = true;
          }) {}
    Meanwhile(const Meanwhile&) = delete;
    Meanwhile& operator=(const Meanwhile&) = delete;
    ~Meanwhile() { join(); }

    void join() {
        if (thread_.joinable()) thread_.join();
    }
    bool is_over() const { return is_over_; }
    // Waits for it. False when it was not over within `patience()`.
    [[nodiscard]] bool ends() const {
        return await([this] { return is_over(); });
    }

 private:
    std::atomic<bool> is_over_{false};
    std::thread thread_;  // last: it begins when the rest is there
};

}  // namespace support
