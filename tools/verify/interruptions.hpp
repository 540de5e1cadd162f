// Ctrl-C and its like, for what must clean up before it ends.
#pragma once

namespace verify {

// Whether one has come while an Interruptions lived.
bool interrupted();

// As long as it lives, SIGINT, SIGTERM and SIGHUP are only noted.
class Interruptions {
 public:
    Interruptions();
    Interruptions(const Interruptions&) = delete;
    Interruptions& operator=(const Interruptions&) = delete;
    ~Interruptions();
};

}  // namespace verify
