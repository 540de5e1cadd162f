#include "process.hpp"

#include "child.hpp"

namespace tools {

Outcome run(const Command& command) {
    const auto deadline = std::chrono::steady_clock::now() + command.limit;
    Child child(command);
    const bool ended = child.await_end(deadline);
    if (!ended) {
        child.kill();
        child.await_end(Child::Deadline::max());
    }
    Outcome outcome = child.end();
    outcome.out_of_time = !ended;
    outcome.output = child.output();
    return outcome;
}

}  // namespace tools
