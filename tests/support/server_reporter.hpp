// How a server program and the test that started it speak with each other.
#pragma once

namespace support {

// Set in a server's environment when a test has started it: the number of its line to the test.
inline constexpr const char* reporter_variable = "LEAKLINGS_REPORTS_TO";
inline constexpr int reporters_line = 9;

}  // namespace support
