// A value that several threads share: it is reached only with its lock held.
#pragma once

#include <mutex>

namespace shop {

// Thread safe.
template <typename T>
class Guarded {
 public:
    // Calls `use` with the value, which it has to itself meanwhile, and returns what `use` returns, by
    // value. It waits for nobody else in there.
    template <typename Use>
    auto with(Use use) {
        const std::lock_guard lock(mutex_);
        return use(value_);
    }

 private:
    std::mutex mutex_;
    T value_{};
};

}  // namespace shop
