#include "support/idle_customers.hpp"

#include <dlfcn.h>
#include <poll.h>
#include <sys/select.h>

#include <atomic>

namespace {

std::atomic<bool> may_stay = false;

}  // namespace

void support::let_idle_customers_stay() {
    may_stay = true;
}

#ifdef __linux__
namespace {

// So long, in milliseconds, cpp-httplib looks for the next request on a connection, again and again
// until its keep-alive time is over. By poll or select, as it was built.
constexpr int a_look = 10;
constexpr timeval as_long{0, 10'000};

}  // namespace

extern "C" int poll(pollfd* files, nfds_t count, int milliseconds) {
    using Poll = int (*)(pollfd*, nfds_t, int);
    static const Poll look = reinterpret_cast<Poll>(dlsym(RTLD_NEXT, "poll"));
    int ready = 0;
    do {
        ready = look(files, count, milliseconds);
    } while (ready == 0 && may_stay && count == 1 && files->events == POLLIN &&
             milliseconds == a_look);
    return ready;
}

extern "C" int select(int files, fd_set* read, fd_set* write, fd_set* other, timeval* time) {
    using Select = int (*)(int, fd_set*, fd_set*, fd_set*, timeval*);
    static const Select look = reinterpret_cast<Select>(dlsym(RTLD_NEXT, "select"));
    const bool is_a_look = read != nullptr && write == nullptr && time != nullptr &&
                           time->tv_sec == 0 && time->tv_usec == as_long.tv_usec;
    if (!is_a_look) return look(files, read, write, other, time);
    const fd_set wanted = *read;
    int ready = 0;
    do {
        *read = wanted;
        timeval left = as_long;
        ready = look(files, read, write, other, &left);
    } while (ready == 0 && may_stay);
    return ready;
}
#endif
