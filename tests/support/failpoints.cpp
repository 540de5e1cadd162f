#include "support/failpoints.hpp"

#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

namespace support {
namespace {

struct State {
    std::mutex mutex;
    int steps_to_go = 0;        // 0: for ever
    int steps_to_the_hang = 0;  // 0: nobody hangs
    std::function<void(const std::string&)> last_words;
    std::function<void(const std::string&)> visit;
    int visits = 0;  // under way
    std::condition_variable visited;
};

State& state() {
    static State state;
    return state;
}

thread_local bool visiting = false;

void be_visited(const std::string& name) {
    if (visiting) return;
    std::function<void(const std::string&)> visit;
    {
        const std::lock_guard lock(state().mutex);
        if (!state().visit) return;
        visit = state().visit;
        ++state().visits;
    }
    visiting = true;
    visit(name);
    visiting = false;
    {
        const std::lock_guard lock(state().mutex);
        --state().visits;
    }
    state().visited.notify_all();
}

void hang_if_it_is_time() {
    {
        const std::lock_guard lock(state().mutex);
        if (state().steps_to_the_hang == 0) return;
        if (state().steps_to_the_hang > 1) {
            --state().steps_to_the_hang;
            return;
        }
    }
    while (true) pause();
}

}  // namespace

void die_at_failpoint(int number, std::function<void(const std::string&)> last_words) {
    const std::lock_guard lock(state().mutex);
    state().steps_to_go = number;
    state().last_words = std::move(last_words);
}

void hang_from_failpoint(int number) {
    const std::lock_guard lock(state().mutex);
    state().steps_to_the_hang = number;
}

FailpointVisitor::FailpointVisitor(std::function<void(const std::string&)> visit) {
    const std::lock_guard lock(state().mutex);
    state().visit = std::move(visit);
}

FailpointVisitor::~FailpointVisitor() {
    std::unique_lock lock(state().mutex);
    state().visit = nullptr;
    state().visited.wait(lock, [] { return state().visits == 0; });
}

// Under the lock to the end, so that no other thread gets past a step while this one dies.
void reach_failpoint(const std::string& name) {
    be_visited(name);
    hang_if_it_is_time();
    const std::lock_guard lock(state().mutex);
    if (state().steps_to_go == 0 || --state().steps_to_go > 0) return;
    state().last_words(name);
    kill(getpid(), SIGKILL);
}

}  // namespace support
