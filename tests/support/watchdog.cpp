#include "support/watchdog.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "support/ledger.hpp"
#include "support/patience.hpp"
#include "support/protocol.hpp"
#include "support/timeline_page.hpp"

namespace support {
namespace {

std::vector<RequestRecord> unanswered() {
    std::vector<RequestRecord> requests = Ledger::instance().requests();
    std::erase_if(requests, [](const RequestRecord& request) { return request.status != 0; });
    return requests;
}

// How things stand in a test that hangs, and the end of the process.
[[noreturn]] void give_up(const std::string& test) {
    std::printf(
        "%s\"%s\" has not ended, and nobody was answered for %lld seconds. Something in the "
        "code under test does not come back: look for the last thing that each thread did.",
        protocol::hang, test.c_str(),
        static_cast<long long>((protocol::most_patiences * patience()).count()));
    const std::vector<RequestRecord> waiting = unanswered();
    std::printf(waiting.empty() ? " No request was under way.\n"
                                : " Requests that were told nothing:\n");
    for (const RequestRecord& request : waiting) std::printf("  %s\n", request.name.c_str());
    const Timeline story = Ledger::instance().story();
    if (!story.events.empty()) {
        print_timeline(story);
        if (const auto page = write_page({test, {"The test has not ended."}}, story))
            std::printf("%s%s\n", protocol::page, page->c_str());
    }
    std::fflush(stdout);
    std::_Exit(protocol::exit_status_of_a_hang);
}

}  // namespace

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

// Grows with it.
std::size_t Watchdog::progress() const {
    return steps_ + Ledger::instance().requests().size() - unanswered().size();
}

void Watchdog::run() {
    std::unique_lock lock(mutex_);
    while (!over_) {
        if (!test_) {
            changed_.wait(lock, [this] { return over_ || test_; });
            continue;
        }
        const int watched = generation_;
        std::size_t seen = progress();
        int idle = 0;  // for how many times patience() there was none
        while (
            !changed_.wait_for(lock, patience(), [&] { return over_ || generation_ != watched; })) {
            const std::size_t before = std::exchange(seen, progress());
            idle = seen == before ? idle + 1 : 0;
            if (idle == protocol::most_patiences) give_up(*test_);
        }
    }
}

}  // namespace support
