// How long a test waits for something that must happen. It runs out only when a test fails: no test
// passes, or orders its events, by the passing of time.
#pragma once

#include <chrono>

namespace support {

// Five seconds, or as many as the environment variable
// LEAKLINGS_PATIENCE says (for a slow machine).
std::chrono::seconds patience();

}  // namespace support
