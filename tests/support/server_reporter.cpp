// Linked into a server program that tests start (see server_process.hpp). Started by anybody else,
// the program does not notice: this does nothing.
#include "support/server_reporter.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "support/channel.hpp"
#include "support/failing_join.hpp"
#include "support/failpoints.hpp"
#include "support/held_replies.hpp"
#include "support/httplib_warm_up.hpp"
#include "support/idle_customers.hpp"
#include "support/ledger.hpp"
#include "time/clock.hpp"

namespace {

using support::Channel;
using support::Ledger;

Channel* line = nullptr;  // until the process ends

// Held while the test is answered, and taken for good when the process ends by itself: a thread that
// would answer then looks at nothing that ends with the process.
std::mutex answering;

nlohmann::json counts() {
    const Ledger& ledger = Ledger::instance();
    int longest_busy_timeout = 0;
    for (const auto& connection : ledger.connections()) {
        if (!connection.is_open() || !connection.settings) continue;
        longest_busy_timeout = std::max(longest_busy_timeout, connection.settings->busy_timeout_ms);
    }
    return {{"opened", ledger.opened_connections()},
            {"open", ledger.open_connections()},
            {"transactions", ledger.open_transactions()},
            {"longest busy timeout", longest_busy_timeout}};
}

// What the test is told last, and nothing after it.
void say_last(nlohmann::json last) {
    last["timeline"] = Ledger::instance().timeline();
    line->write("end " + last.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void plan_death(int step) {
    support::die_at_failpoint(step, [](const std::string& name) {
        nlohmann::json last = counts();
        last["step"] = name;
        say_last(std::move(last));
    });
}

// Breaks the process's listening sockets, as if by a fault of the system's.
void go_deaf() {
    constexpr int more_than_there_are = 1024;
    for (int file = 0; file < more_than_there_are; ++file) {
        int listens = 0;
        socklen_t size = sizeof(listens);
        if (getsockopt(file, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0) {
            shutdown(file, SHUT_RDWR);
        }
    }
}

// Goes on by itself, and further when the test says so.
class AdvancingClock : public shop::Clock {
 public:
    AdvancingClock() { shop::Clock::use_for_the_process(this); }

    void advance(duration by) { ahead_ = ahead_.load() + by; }

    time_point now() const override { return shop::Clock::now() + ahead_.load(); }

    // Looks at the clock again and again, so that nobody has to know who waits.
    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override {
        constexpr auto look_again = std::chrono::milliseconds(20);
        if (const auto left = deadline - now(); left > duration::zero()) {
            changed.wait_for(lock, std::min<duration>(left, look_again));
        }
        return now() < deadline ? std::cv_status::no_timeout : std::cv_status::timeout;
    }

 private:
    std::atomic<duration> ahead_{duration::zero()};
};

AdvancingClock* time_of_day = nullptr;  // until the process ends

// Answers the test until the process ends. Without the test it has nobody to serve.
void report() {
    constexpr std::string_view death = "dies at step ";
    constexpr std::string_view hang = "hangs at step ";
    constexpr std::string_view later = "time passes ";
    while (const auto word = line->read()) {
        const std::lock_guard until_it_ends(answering);
        if (word->starts_with(death)) plan_death(std::stoi(word->substr(death.size())));
        if (word->starts_with(hang)) {
            support::hang_from_failpoint(std::stoi(word->substr(hang.size())));
        }
        if (word->starts_with(later)) {
            time_of_day->advance(std::chrono::seconds(std::stoi(word->substr(later.size()))));
        }
        if (*word == "goes deaf") go_deaf();
        if (*word == "has a join fail") support::have_a_join_fail();
        if (*word == "holds replies") support::hold_replies();
        if (*word == "lets replies go") support::let_replies_go();
        if (*word == "lets idle customers stay") support::let_idle_customers_stay();
        line->write("counts " + counts().dump());
    }
    kill(getpid(), SIGKILL);
}

// A thread that takes no signals, also when the program handles them.
void start_thread() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread(report).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// Before main() begins.
[[maybe_unused]] const bool started = [] {
    const char* number = std::getenv(support::reporter_variable);
    if (number == nullptr) return false;
    support::warm_up_httplib();
    line = new Channel(std::atoi(number), Channel::Waits::for_ever);
    time_of_day = new AdvancingClock;
    Ledger::instance().start();
    Ledger::instance().i_am("main");
    Ledger::instance().connections_are_kept();
    std::atexit([] {
        answering.lock();
        say_last(counts());
    });
    start_thread();
    return true;
}();

}  // namespace
