// Work that takes its time, beside a loop that must not wait for it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tutor/watch/wakeup_pipe.hpp"

namespace tutor {

// Runs in a thread of its own; all that it has to say it posts, and that is done in the thread that
// calls deliver(). The destructor calls it off and waits for it: what was not delivered is dropped,
// so that nothing comes of work that is no longer wanted.
class Job {
 public:
    using Work = std::function<void(Job&)>;

    Job(WakeupPipe& wakeup, Work work);
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    ~Job();

    // For the work: it must not throw, and ends soon after this is true.
    bool cancelled() const { return cancelled_.load(); }
    void post(std::function<void()> what);

    // For the loop. Returns false when the work is over and all of it is delivered.
    bool deliver();

 private:
    WakeupPipe& wakeup_;
    std::atomic<bool> cancelled_ = false;
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;  // under the mutex
    bool over_ = false;                          // under the mutex
    std::thread thread_;                         // last: it uses the others
};

}  // namespace tutor
