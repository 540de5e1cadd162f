// The hints of a lesson's chapter, one more each time.
#pragma once

#include <optional>

#include "tutor/chapter.hpp"
#include "tutor/context.hpp"

namespace tutor {

struct NextHint {
    Hint hint;
    int number = 0;  // from 1
    int count = 0;
};

// The next hint, which counts as shown from now on; nothing when all have been. Throws WrongUse
// when the chapter has none.
std::optional<NextHint> next_hint(Desk& desk, const tools::Lesson& lesson);

}  // namespace tutor
