// Ends a test that does not end, and says what it hung on. The waits of the test support have
// deadlines of their own, so this is only for code that never comes back: an endless loop in a
// handler, a lock that nobody lets go.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace support {

class Watchdog {
 public:
    Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

    // From now on `test` has six times `patience()`, and as much again whenever a customer has been
    // answered or the test has got further: a slow machine is no hang.
    void watch(std::string test);
    // The test has got further.
    void proceeds() { ++steps_; }
    // The test is over.
    void rest();

 private:
    void run();
    std::size_t progress() const;

    std::atomic<std::size_t> steps_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<std::string> test_;
    int generation_ = 0;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace support
