// The words after ./learn, one file each. They print, and return the exit status.
#pragma once

#include <string>
#include <vector>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

// Without a verb: where the learner stands and what to do next.
Status stand(Desk& desk);

Status list(Desk& desk, bool json);

// Builds the lesson and runs each of its tests in a process of its own. A lesson whose tests are
// all green is done, and stays so when some are red again. After a test that hung the
// others are not run, unless `all`, which also shows each red test in full.
Status test(Desk& desk, const std::string& lesson, bool all);

// Builds the lesson's server and becomes it. `words` are the lesson, if the first is no flag, and
// the server's flags. Returns only when that fails.
Status run(Desk& desk, std::vector<std::string> words);

// Shows one more of the lesson's hints each time; `again` starts over. Before it, what an answer
// that fails as the learner's does overlooks, when one is known.
Status hint(Desk& desk, const std::string& lesson, bool again);

// From the learner's files to the solution's.
Status diff(Desk& desk, const std::string& lesson);

// Prints the solution, or puts it in the place of the learner's files, which are kept.
Status solution(Desk& desk, const std::string& lesson, bool take);

// Puts the starter in the place of the learner's files, which are kept.
Status reset(Desk& desk, const std::string& lesson);

// Puts the lesson off, or comes back to it.
Status skip(Desk& desk, const std::string& lesson, bool back);

// Builds and tests these lessons, or all, also past those that do not compile; keeps no progress.
// Well when all are green.
Status grade(Desk& desk, const std::vector<std::string>& lessons, bool json);

// Takes a newer course with git, and keeps the learner's edits.
Status update(Desk& desk);

}  // namespace tutor
