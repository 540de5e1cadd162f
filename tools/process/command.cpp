#include "process/command.hpp"

#include <algorithm>

#include "process/child.hpp"

namespace tools {
namespace {

constexpr auto glance = std::chrono::milliseconds(20);

}  // namespace

Outcome run(const Command& command) {
    const auto deadline = std::chrono::steady_clock::now() + command.limit;
    Child child(command);
    bool cancelled = false;
    bool flooded = false;
    bool out_of_time = false;
    while (!child.await_end(std::min(deadline, std::chrono::steady_clock::now() + glance))) {
        cancelled = command.cancelled && command.cancelled();
        flooded = child.printed() > command.flood;
        out_of_time = std::chrono::steady_clock::now() >= deadline;
        if (!cancelled && !flooded && !out_of_time) continue;
        child.kill();
        child.await_end(Child::Deadline::max());
        break;
    }
    Outcome outcome = child.end();
    outcome.out_of_time = out_of_time;
    outcome.cancelled = cancelled;
    outcome.flooded = flooded;
    outcome.output = child.output();
    return outcome;
}

}  // namespace tools
