#include "support/held_replies.hpp"

#include <dlfcn.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string_view>

namespace {

struct Way {
    std::mutex mutex;
    std::condition_variable cleared;
    std::atomic<bool> is_blocked = false;  // changed with the lock
};

// Never destroyed: a thread may wait on it when the process ends.
Way& way() {
    static auto& the_way = *new Way;
    return the_way;
}

void set_blocked(bool is_blocked) {
    {
        const std::lock_guard lock(way().mutex);
        way().is_blocked = is_blocked;
    }
    way().cleared.notify_all();
}

}  // namespace

void support::hold_replies() {
    set_blocked(true);
}

void support::let_replies_go() {
    set_blocked(false);
}

#ifdef __linux__
extern "C" ssize_t send(int socket, const void* data, size_t size, int flags) {
    using Send = ssize_t (*)(int, const void*, size_t, int);
    static const Send pass_on = reinterpret_cast<Send>(dlsym(RTLD_NEXT, "send"));
    const std::string_view text(static_cast<const char*>(data), size);
    if (way().is_blocked && text.starts_with("HTTP/1.")) {
        std::unique_lock lock(way().mutex);
        way().cleared.wait(lock, [] { return !way().is_blocked.load(); });
    }
    return pass_on(socket, data, size, flags);
}
#endif
