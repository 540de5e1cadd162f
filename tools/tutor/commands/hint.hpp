// The hints of a lesson's chapter, one more each time.
#pragma once

#include <optional>
#include <string>

#include "tutor/chapter.hpp"
#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

struct NextHint {
    Hint hint;
    int number = 0;  // from 1
    int count = 0;
};

// The next hint, which counts as shown from now on; nothing when all have been. Throws WrongUse
// when the chapter has none.
std::optional<NextHint> next_hint(Context& context, const tools::Lesson& lesson);

// Shows one more of the lesson's hints each time; `again` starts over. Before it, what an answer
// that fails as the learner's does overlooks, when one is known.
Status hint(Context& context, const std::string& lesson, bool again);

}  // namespace tutor
