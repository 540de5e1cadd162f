// Runs threads that take turns as it decides, one at a time, so that every order in which they can
// go on is tried, one after the other, and the same order again when it is asked for.
//
// A thread here is a context on a stack of its own, all in one thread of the system. Where it locks
// a std::mutex, waits at a std::condition_variable or notifies one (scheduler.cpp has the C
// library's functions for that), or calls pause(), another may go on. A switch away from one that
// could have gone on is *forced*; a run has at most so many of these, because few mistakes need
// many. Time stands still, and passes as another such switch: then somebody's deadline has come.
//
// What it does not see: what takes no lock, such as an atomic; the orders in which a processor may
// see another's writes, which ThreadSanitizer looks at; threads that the code itself begins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "time/clock.hpp"

namespace checker {

// Which way a run went wherever it could go several. The first run goes the first way everywhere.
class Decisions {
 public:
    int choose(int ways);  // from 0
    // For the next run, one way that has not been gone. False: there is none.
    bool advance();
    void begin() { at_ = 0; }

 private:
    struct Decision {
        int chosen;
        int ways;
    };
    std::vector<Decision> made_;
    std::size_t at_ = 0;
};

struct Mistake : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Limits {
    int forced = 2;  // switches
    // A condition variable may also wake somebody for no reason. That is forced, too.
    bool spurious = false;
    bool tells = false;  // writes down who did what
};

// One run. One at a time in a process.
class Run : public shop::Clock {
 public:
    Run(Decisions& decisions, Limits limits);
    ~Run() override;
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // Before go().
    void add(std::string name, std::function<void()> body);
    // Until all have ended. Throws Mistake: the first that somebody told, or that some wait for
    // ever. Then the threads are left as they are, and what they own is lost.
    void go();

    // For the threads:
    void pause(std::string_view what);                                // another may go on here
    int choose(int ways) { return decisions_.choose(ways); }          // not forced
    [[noreturn]] void tell(const std::string& mistake);               // ends the run
    const std::string& name() const;                                  // whose turn it is
    bool is_waiting(const std::string& name) const;                   // at a condition variable
    const std::vector<std::string>& story() const { return story_; }  // who did what

    // Time, for the pool: passes by forced switches, to the next deadline.
    time_point now() const override { return now_; }
    std::cv_status wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                              time_point deadline) const override;

    // As the C library's functions, which ask these. Nothing happens outside of go(), nor to what a
    // library has for itself.
    void lock(void* mutex);
    bool try_lock(void* mutex);
    void unlock(void* mutex);
    bool wait(void* condition, void* mutex, std::optional<time_point> deadline);  // true: in time
    void notify(void* condition, bool all);

    static Run* current();

 private:
    struct Thread;
    void do_next();  // lets the one go on whose turn it is now, or the next
    void switch_to(Thread* next);
    bool can_go_on(const Thread& thread) const;
    bool is_ours(void* object) const;
    void write_down(std::string_view what);
    static void enter();

    Decisions& decisions_;
    Limits limits_;
    time_point now_{std::chrono::hours(1)};
    std::vector<std::unique_ptr<Thread>> threads_;
    std::unique_ptr<Thread> outside_;
    Thread* running_;
    std::map<void*, Thread*> owners_;  // of mutexes that are locked
    std::string mistake_;
    std::vector<std::string> story_;
};

}  // namespace checker
