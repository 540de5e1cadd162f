// The process groups that die with this process when it is interrupted.
#pragma once

#include <sys/types.h>

#include <csignal>

namespace tools {

// To be held while a program is started or forgotten. As long as it lives no other thread does
// either, and SIGINT, SIGTERM, SIGHUP and SIGQUIT are not delivered to this thread. Groups that are
// guarded when one of those signals comes get theirs; then happens what would have happened without
// us.
class StartingLock {
 public:
    StartingLock();
    StartingLock(const StartingLock&) = delete;
    StartingLock& operator=(const StartingLock&) = delete;
    ~StartingLock();

    // `ending` is SIGKILL, or another that makes the group end. Throws std::runtime_error when too
    // many groups are guarded already.
    void guard(pid_t group, int ending);
    void forget(pid_t group);

 private:
    sigset_t mask_before_;
};

}  // namespace tools
