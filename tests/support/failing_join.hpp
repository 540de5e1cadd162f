// A thread that nobody can join: who tries is told so when it has ended. An operating system that
// has run out of something does as much. On Linux only.
#pragma once

namespace support {

// It is the next one that comes to a step (support/failpoints.hpp).
void have_a_join_fail();

// Said on the standard error output when somebody has tried.
inline constexpr const char* join_has_failed = "The test has had a join fail.";

}  // namespace support
