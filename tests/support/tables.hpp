// What cpp-httplib makes once a process.
#pragma once

namespace support {

// Debian's cpp-httplib has no instrumentation: ThreadSanitizer does not see that it makes its
// constant tables once. So a first request has it make them before the shop's threads begin. Does
// nothing without ThreadSanitizer.
void have_tables_made();

}  // namespace support
