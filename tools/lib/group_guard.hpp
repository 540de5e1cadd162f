// The process groups that die with this process when it is interrupted.
#pragma once

#include <sys/types.h>

namespace tools {

// As long as one lives, SIGINT and SIGTERM are blocked in this thread, so that no program can be started
// and yet be unknown to the handler; and no other thread is starting one.
class StartingLock {
 public:
    StartingLock();
    StartingLock(const StartingLock&) = delete;
    StartingLock& operator=(const StartingLock&) = delete;
    ~StartingLock();

    // Throws std::runtime_error when too many groups are guarded already.
    void guard(pid_t group);
    void forget(pid_t group);
};

}  // namespace tools
