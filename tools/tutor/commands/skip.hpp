// Putting a lesson off.
#pragma once

#include "tutor/context.hpp"

namespace tutor {

// Puts it off, or comes `back` to it. Throws WrongUse when there is nothing to put off.
void skip_lesson(Context& context, const tools::Lesson& lesson, bool back);

}  // namespace tutor
