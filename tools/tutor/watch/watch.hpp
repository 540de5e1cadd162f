// ./learn on a terminal: looks at what the learner saves, and says at once what is red.
#pragma once

#include <string>
#include <string_view>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

// Whether somebody sits there to watch: standard input and output are a terminal.
bool can_watch();

// Until the learner has had enough: `lesson` as find_lesson() takes it, the last one when all are
// done; `word` is the first note on the screen. The exit status is that of q, 0, or 128 and the
// number of the signal that ended it.
int watch(Context& context, const std::string& lesson, std::string_view word);

}  // namespace tutor
