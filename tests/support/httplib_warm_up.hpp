// For ThreadSanitizer's eyes: it cannot see into the system's compiled cpp-httplib.
#pragma once

namespace support {

// Has one request served, before there is another thread. What cpp-httplib makes at its first use,
// names of methods and ends of chunks, it makes under a lock that ThreadSanitizer knows nothing of;
// the next thread that reads it would be taken for a race. Does nothing where there is no
// ThreadSanitizer.
void warm_up_httplib();

}  // namespace support
