// The subject's own server program as a process of its own, as an operator has it: started with
// flags, told by signals, seen by what it says, what it answers and how it ends. A tests file that
// includes this has the program built with it, and linked with a reporter
// (server_reporter.cpp) that keeps a ledger in there.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace support {

class Channel;

// What it says goes into the timeline of the test's ledger, and so do the signals it is sent. For
// one thread, and every wait is over after `patience()`.
class ServerProcess {
 public:
    struct Options {
        std::string database = {};  // its flags
        int bank_port = 0;          // 0: it has a bank of its own
        int workers = 8;
        std::chrono::milliseconds unready{0};
        std::chrono::milliseconds deadline{600'000};  // none, for a test
        std::chrono::milliseconds grace{600'000};     // the same
        std::vector<std::string> more_flags = {};
        std::string program = {};  // empty: X.server beside the tests, which are X.tests
    };
    // Connections, as its ledger counts them.
    struct Counts {
        int opened = 0;
        int open = 0;
        int transactions = 0;
        // Of those that are open and began to work. A busy handler is none (support/settings.hpp).
        int longest_busy_timeout_ms = 0;
    };
    struct End {
        bool has_ended = false;
        bool was_killed = false;
        int status = -1;   // of exit; the signal's number if it was killed
        std::string step;  // at which it died as planned
        // Handed over when `main` returns or `exit` is called, and not by `_exit` or a signal:
        std::optional<Counts> counts;
        std::string timeline;
        // "ended with status 0", "was killed by signal 9", "has not ended"
        std::string in_words() const;
    };

    // Does not wait until the shop is open. Throws std::runtime_error when it cannot be started.
    explicit ServerProcess(const Options& options);
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    // Kills it if it is still there.
    ~ServerProcess();

    // Waits until it has said that it is open. False when it does not, or ends instead.
    [[nodiscard]] bool await_open();
    int port() const;  // as it said; 0 before
    pid_t process() const { return process_; }

    // Does nothing when it has ended.
    void send(int signal);
    [[nodiscard]] bool has_ended();
    // It kills itself (SIGKILL) at the step of this number from now on. See support/failpoints.hpp.
    void dies_at_failpoint(int number);
    // Its threads that come to the step of this number from now on, or to a later one, stay there for
    // ever.
    void hangs_from_failpoint(int number);
    // The thread that comes to the next step cannot be joined (support/failing_join.hpp).
    void has_a_join_fail();
    // Its replies are held on their way to the customers (support/held_replies.hpp).
    void holds_replies();
    void lets_replies_go();
    // Its customers who want nothing are not hung up on any more (support/idle_customers.hpp).
    void lets_idle_customers_stay();
    // Its clock moves on by so much.
    void time_passes(std::chrono::seconds time);
    // The socket at which it listens breaks, and its next accept fails.
    void goes_deaf();
    // Waits for its end. It may be asked again.
    End await_end();

    // Waits until it has said this, on either stream.
    [[nodiscard]] bool await_word(std::string_view word);
    // All that it has said so far, on its standard output and its standard error.
    std::string output() const;
    std::string errors() const;

    // Now. Nothing when it has ended.
    std::optional<Counts> counts();

 private:
    void start(const Options& options);
    void listen();
    bool take_from(int stream, std::string& text);
    void hear(const std::string& message);
    std::optional<Counts> ask(const std::string& word);
    bool await(const std::function<bool()>& holds);
    void reap(bool waits);

    pid_t process_ = -1;
    int out_ = -1;
    int err_ = -1;
    std::unique_ptr<Channel> line_;
    std::thread listening_;

    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::string output_;
    std::string errors_;
    std::optional<Counts> counts_;
    bool is_silent_ = false;  // and will be
    End end_;
};

}  // namespace support
