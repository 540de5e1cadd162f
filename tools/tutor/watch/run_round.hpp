// Building and testing the watched lesson, beside the loop.
#pragma once

#include "tutor/build.hpp"
#include "tutor/watch/watched.hpp"

namespace tutor {

// From now on it is this lesson that is watched; its first round begins.
void watch_lesson(Watched& watched, const tools::Lesson& lesson);

// Ends what runs, and builds and tests the lesson anew. `began` is when it was saved, or when a
// round was asked for.
void start_round(Watched& watched, Round::Clock::time_point began, bool after_save);

// For a build in that job: the round says what it does, and cancelling the job ends it.
BuildHooks hooks_of(Watched& watched, Job& job);

}  // namespace tutor
