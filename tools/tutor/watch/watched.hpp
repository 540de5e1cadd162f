// The lesson that is watched, for the terminal and for the page: what is saved of it, and how its
// rounds end.
#pragma once

#include <functional>
#include <optional>

#include "tutor/context.hpp"
#include "tutor/watch/changes.hpp"
#include "tutor/watch/job.hpp"
#include "tutor/watch/test_round.hpp"
#include "tutor/watch/wakeup_pipe.hpp"

namespace tutor {

// Belongs to the thread of one loop, which polls `wakeup` and `changes` and has `job` deliver.
struct Watched {
    explicit Watched(Context& of_course) : context(of_course) {}

    Context& context;

    const tools::Lesson* lesson = nullptr;
    std::optional<Changes> changes;  // to its files
    Round round;                     // the last one, which may still run
    Round said;                      // the last one before it that had something to say

    // Called by the loop's thread: a round has begun; there is more of it to be shown.
    std::function<void()> began = [] {};
    std::function<void()> changed = [] {};

    WakeupPipe wakeup;
    // What is built, tested or opened now. Its work posts what changes here; it is last, for that
    // uses the others.
    std::optional<Job> job;
};

// What there is to be read: of the round that runs,
// if it has something to say, else of the one before.
const Round& worth_reading(const Watched& watched);

}  // namespace tutor
