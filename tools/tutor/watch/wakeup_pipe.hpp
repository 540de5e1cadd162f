// Something to poll that another thread can make ready.
#pragma once

#include <array>

namespace tutor {

// Wakes a thread that polls.
class WakeupPipe {
 public:
    WakeupPipe();
    WakeupPipe(const WakeupPipe&) = delete;
    WakeupPipe& operator=(const WakeupPipe&) = delete;
    ~WakeupPipe();

    // Makes it ready, from any thread.
    void wake();
    // To be polled for reading.
    int descriptor() const { return ends_[0]; }
    // It is not ready any more.
    void clear();

 private:
    std::array<int, 2> ends_ = {-1, -1};
};

}  // namespace tutor
