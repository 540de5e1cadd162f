#include "support/watchdog.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "support/ledger.hpp"
#include "support/patience.hpp"
#include "support/timeline_page.hpp"

namespace support {
namespace {

std::atomic<Watchdog*> on_duty = nullptr;

void process_ends() {
    if (Watchdog* const watchdog = on_duty) watchdog->process_ends();
}

// How things stand in a test that does not come to its end, and the end of the process.
[[noreturn]] void give_up(const std::string& test, const std::string& headline,
                          const std::string& on_the_page, int exit_status) {
    std::printf("%s", headline.c_str());
    std::vector<std::string> waiting;
    for (const RequestRecord& request : Ledger::instance().requests()) {
        if (request.status == 0) waiting.push_back(request.name);
    }
    std::printf(waiting.empty() ? " No request was under way.\n"
                                : " Requests that were told nothing:\n");
    for (const std::string& name : waiting) std::printf("  %s\n", name.c_str());
    const Timeline story = Ledger::instance().story();
    if (!story.events.empty()) {
        std::printf("timeline\n%send of timeline\n", render_timeline(story).c_str());
        std::fflush(stdout);
        if (const auto page = write_page({test, {on_the_page}}, story))
            std::printf("timeline page: %s\n", page->c_str());
    }
    std::fflush(stdout);
    std::_Exit(exit_status);
}

}  // namespace

Watchdog::Watchdog() : thread_([this] { run(); }) {
    on_duty = this;
}

Watchdog::~Watchdog() {
    on_duty = nullptr;
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Watchdog::watch(std::string test) {
    // Anew for each test: what was registered last is called first, before anything is destroyed.
    std::atexit(support::process_ends);
    std::at_quick_exit(support::process_ends);
    {
        const std::lock_guard lock(mutex_);
        test_ = std::move(test);
        ++generation_;
    }
    changed_.notify_all();
}

void Watchdog::rest() {
    {
        const std::lock_guard lock(mutex_);
        test_.reset();
        ++generation_;
    }
    changed_.notify_all();
}

void Watchdog::process_ends() {
    const std::lock_guard lock(mutex_);
    if (!test_) return;
    give_up(*test_,
            fmt::format("EXIT: the program ended in the middle of \"{}\": the code under test "
                        "called exit().",
                        *test_),
            "The program ended in the middle of the test.", exit_status_of_an_exit);
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!over_) {
        if (!test_) {
            changed_.wait(lock, [this] { return over_ || test_; });
            continue;
        }
        const int watched = generation_;
        const auto limit = 6 * patience();
        if (changed_.wait_for(lock, limit, [&] { return over_ || generation_ != watched; }))
            continue;
        give_up(*test_,
                fmt::format("HANG: \"{}\" has not ended after {} seconds. Something in the code "
                            "under test does not come back: look for the last thing that each "
                            "thread did.",
                            *test_, limit.count()),
                "The test has not ended.", exit_status);
    }
}

}  // namespace support
