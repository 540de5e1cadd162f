#include "support/steps.hpp"

#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <utility>

namespace support {
namespace {

struct Plan {
    std::mutex mutex;
    int steps_to_go = 0;  // 0: for ever
    std::function<void(const std::string&)> last_words;
    std::function<void(const std::string&)> visit;
    int visits = 0;  // under way
    std::condition_variable visited;
};

Plan& plan() {
    static Plan plan;
    return plan;
}

thread_local bool visiting = false;

void be_visited(const std::string& name) {
    if (visiting) return;
    std::function<void(const std::string&)> visit;
    {
        const std::lock_guard lock(plan().mutex);
        if (!plan().visit) return;
        visit = plan().visit;
        ++plan().visits;
    }
    visiting = true;
    visit(name);
    visiting = false;
    {
        const std::lock_guard lock(plan().mutex);
        --plan().visits;
    }
    plan().visited.notify_all();
}

}  // namespace

void die_at_step(int number, std::function<void(const std::string&)> last_words) {
    const std::lock_guard lock(plan().mutex);
    plan().steps_to_go = number;
    plan().last_words = std::move(last_words);
}

StepVisitor::StepVisitor(std::function<void(const std::string&)> visit) {
    const std::lock_guard lock(plan().mutex);
    plan().visit = std::move(visit);
}

StepVisitor::~StepVisitor() {
    std::unique_lock lock(plan().mutex);
    plan().visit = nullptr;
    plan().visited.wait(lock, [] { return plan().visits == 0; });
}

// Under the lock to the end, so that no other thread gets past a step while this one dies.
void reach_step(const std::string& name) {
    be_visited(name);
    const std::lock_guard lock(plan().mutex);
    if (plan().steps_to_go == 0 || --plan().steps_to_go > 0) return;
    plan().last_words(name);
    kill(getpid(), SIGKILL);
}

}  // namespace support
