#include "support/memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <new>

#include "support/protocol.hpp"

namespace support {
namespace {

// Without a handler the next attempt, which comes at once,
// throws std::bad_alloc. Allocates nothing.
void say_so() {
    std::set_new_handler(nullptr);
    std::array<char, 200> text = {};
    rlimit limit = {};
    ::getrlimit(RLIMIT_DATA, &limit);
    const double gigabytes = static_cast<double>(limit.rlim_cur) / (1 << 30);
    const int size =
        limit.rlim_cur == RLIM_INFINITY
            ? std::snprintf(text.data(), text.size(),
                            "%sIt asked for more memory than there is, and was refused.\n",
                            protocol::memory)
            : std::snprintf(text.data(), text.size(),
                            "%sIt asked for more memory than the %.3g GB that a test may "
                            "take, and was refused (std::bad_alloc).\n",
                            protocol::memory, gigabytes);
    if (::write(STDERR_FILENO, text.data(), static_cast<std::size_t>(size)) < 0) return;
}

}  // namespace

void say_when_memory_is_refused() {
    std::set_new_handler(say_so);
}

}  // namespace support
