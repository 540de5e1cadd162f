// The signals that matter to somebody who looks at a terminal, as something to wait for.
#pragma once

#include <csignal>
#include <vector>

namespace tutor {

// One at a time. Programs that run for us are ended when we are, see tools/guard/main.cpp.
class Signals {
 public:
    // Takes over SIGINT, SIGTERM, SIGHUP and SIGQUIT, but those that are ignored; SIGTSTP, SIGCONT
    // and SIGWINCH. When one that ends us is not taken within three seconds, the process ends
    // nevertheless: `last_words` is called, which must be safe in a signal handler.
    explicit Signals(void (*last_words)());
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

    // To be polled.
    int descriptor() const;
    // Those that have come, in order.
    std::vector<int> take();

    static bool ends_us(int signal);
    // As Ctrl-Z does it without us; returns when somebody has let us go on.
    void stop_this_process();
};

}  // namespace tutor
