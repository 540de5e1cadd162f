// The hints of a lesson's chapter, one more each time.
#pragma once

#include <string>

#include "tutor/context.hpp"
#include "tutor/exit_status.hpp"

namespace tutor {

// Shows the next of the lesson's hints that is not of a stage which is done; it counts as shown from
// now on; `again` starts over.
// Before it, what an answer that fails as the learner's does overlooks, when one is known. Throws
// WrongUse when the chapter has no hints.
Status hint(Context& context, const std::string& lesson, bool again);

}  // namespace tutor
