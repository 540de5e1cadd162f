#include "support/watchdog.hpp"

#include <cstdio>
#include <cstdlib>

#include "support/ledger.hpp"
#include "support/patience.hpp"
#include "support/timeline_page.hpp"

namespace support {

Watchdog::Watchdog() : thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Watchdog::watch(std::string test) {
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
        std::printf(
            "HANG: \"%s\" has not ended after %lld seconds. Something in the code under test does "
            "not come "
            "back: look for the last thing that each worker did. Requests that were told "
            "nothing:\n",
            test_->c_str(), static_cast<long long>(limit.count()));
        for (const RequestRecord& request : Ledger::instance().requests()) {
            if (request.status == 0) std::printf("  %s\n", request.name.c_str());
        }
        const Timeline story = Ledger::instance().story();
        std::printf("timeline\n%send of timeline\n", render_timeline(story).c_str());
        std::fflush(stdout);
        if (const auto page = write_page({*test_, {"The test has not ended."}}, story)) {
            std::printf("timeline page: %s\n", page->c_str());
            std::fflush(stdout);
        }
        std::_Exit(exit_status);
    }
}

}  // namespace support
