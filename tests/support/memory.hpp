// A word when a test asks for more memory than it may have: what comes of it, an exception in a
// handler or a thread that cannot be started, would not say so.
#pragma once

namespace support {

// From now on the first allocation that is refused says
// so on standard error, in a line that the tutor knows.
void say_when_memory_is_refused();

}  // namespace support
