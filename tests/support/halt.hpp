// A point at which somebody stops until the test lets her go on.
#pragma once

#include <atomic>
#include <thread>

#include "support/gate.hpp"

namespace support {

// For one who comes by, once. Thread safe.
class Halt {
 public:
    // Called by who is to stop here.
    void pass() {
        by_ = std::this_thread::get_id();
        reached_.open();
        if (!go_on_.wait()) in_vain_ = true;
    }

    // Waits for her. False when nobody came within `patience()`.
    [[nodiscard]] bool is_reached() { return reached_.wait(); }
    bool has_been_reached() const { return reached_.is_open(); }
    std::thread::id by() const { return by_; }  // the thread that has reached it
    void let_go() { go_on_.open(); }
    // Nobody let her go on in time: the test itself was held up.
    bool was_in_vain() const { return in_vain_; }

 private:
    std::thread::id by_;  // written once, before `reached_` opens
    Gate reached_;
    Gate go_on_;
    std::atomic<bool> in_vain_{false};
};

}  // namespace support
