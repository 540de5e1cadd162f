// The timeline as data, for programs that draw it: JSON, which travels inside the page.
#pragma once

#include <string>
#include <vector>

#include "support/timeline.hpp"
#include "support/timeline_page.hpp"

namespace support {

// An object: name, messages, threads (names), requests (name, status), connections (summary, open,
// leaked) and events (ms, thread as an index, customer, connection, what, remark, kind, request as
// an index or -1, transaction). Without "<", ">" and "&", so that no tag can end what it stands in;
// what is no UTF-8 is the sign for that.
std::string timeline_data(const FailedTest& test, const Timeline& timeline,
                          const std::vector<std::string>& thread_names);

// "worker 1" and "alice" of "alice (worker 1)"; of another name, itself and nobody.
std::string thread_of(const std::string& who);
std::string customer_of(const std::string& who);

}  // namespace support
