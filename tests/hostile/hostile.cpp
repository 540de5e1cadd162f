// A hostile scheduler. Preloaded into a tests' executable and into all that it starts (LD_PRELOAD), it
// holds threads up where they meet each other: at mutexes, condition variables and sockets, and where
// they begin. With another seed (LEAKLINGS_HOSTILE_SEED) it holds up others. On Linux only.
//
// Whether a call is held up, and for how long, follows from the seed, from which thread calls (the
// third that the second one has started) and from which of its calls this is. Time and addresses do
// not enter. What the threads make of it still depends on the machine, so a seed that has failed is
// likely to fail again, and need not.
//
// A thread that is held up looks busy to the system and never asleep: tests wait until all threads sleep
// (support/stillness.hpp), and one that is held up has not come to rest.
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

using std::chrono::microseconds;

// What a call does. Each seed has its own opinion of each of them.
enum class Call : std::uint64_t { lock, unlock, wait, wake, start, begin, socket };

// An integer in which every bit depends on every bit of both (the finalizer of SplitMix64).
constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    std::uint64_t x = a + 0x9e3779b97f4a7c15U * (b + 1);
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* text = std::getenv("LEAKLINGS_HOSTILE_SEED");
        return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
    }();
    return value;
}

struct Thread {
    std::uint64_t name = 0;  // its parent's, and which of its children it is
    std::uint64_t calls = 0;
    std::uint64_t children = 0;
};
constinit thread_local Thread self;

// Of 1024 calls so many are held up. Most threads are hardly disturbed at most of their calls, some
// all the time: when everybody is late, nobody is late for anything. A thread that goes on and on
// calling, because it polls, is held up less and less.
std::uint64_t share(Call call) {
    constexpr std::uint64_t shares[] = {0, 1, 4, 16, 64, 128};
    const std::uint64_t opinion = mixed(mixed(seed(), self.name), static_cast<std::uint64_t>(call));
    return shares[opinion % std::size(shares)] * 1024 / (1024 + self.calls);
}

void spin(microseconds length) {
    const auto until = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < until) continue;
}

// Most are some tens of microseconds late. One in eight gives way, to all others if there are more
// than processors, and of these one in four is late by some milliseconds.
void hold_up(Call call) {
    const std::uint64_t chance = mixed(mixed(seed(), self.name), ++self.calls + (1ULL << 32U));
    if (chance % 1024 >= share(call)) return;
    const int error = errno;
    const std::uint64_t kind = chance / 1024 % 32;
    const std::uint64_t length = chance / 1024 / 32;
    if (kind < 4) sched_yield();
    if (kind == 0) spin(microseconds(500 + length % 2500));
    if (kind >= 4) spin(microseconds(10 + length % 90));
    errno = error;
}

bool is_socket(int descriptor) {
    struct stat status {};
    const int error = errno;
    const bool is = fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
    errno = error;
    return is;
}

void hold_up_at(int descriptor) {
    if (is_socket(descriptor)) hold_up(Call::socket);
}

// The function that would be called if this library were not there.
template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

using Body = void* (*)(void*);
struct Start {
    Body body;
    void* argument;
    std::uint64_t name;
};

void* run(void* given) {
    const std::unique_ptr<Start> start(static_cast<Start*>(given));
    const auto [body, argument, name] = *start;
    self.name = name;
    hold_up(Call::begin);
    return body(argument);
}

}  // namespace

// From here on each function is called in the place of libc's of that name.
#define INSTEAD_OF(function) static auto* const real = next<decltype(function)>(#function)

extern "C" {

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    INSTEAD_OF(pthread_mutex_lock);
    hold_up(Call::lock);
    return real(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
    INSTEAD_OF(pthread_mutex_trylock);
    hold_up(Call::lock);
    return real(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
    INSTEAD_OF(pthread_mutex_unlock);
    hold_up(Call::unlock);
    const int status = real(mutex);
    hold_up(Call::unlock);
    return status;
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    INSTEAD_OF(pthread_cond_wait);
    hold_up(Call::wait);
    const int status = real(condition, mutex);
    hold_up(Call::wait);
    return status;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
    INSTEAD_OF(pthread_cond_timedwait);
    hold_up(Call::wait);
    const int status = real(condition, mutex, until);
    hold_up(Call::wait);
    return status;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
    INSTEAD_OF(pthread_cond_clockwait);
    hold_up(Call::wait);
    const int status = real(condition, mutex, clock, until);
    hold_up(Call::wait);
    return status;
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
    INSTEAD_OF(pthread_cond_signal);
    hold_up(Call::wake);
    const int status = real(condition);
    hold_up(Call::wake);
    return status;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
    INSTEAD_OF(pthread_cond_broadcast);
    hold_up(Call::wake);
    const int status = real(condition);
    hold_up(Call::wake);
    return status;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, Body body,
                   void* argument) noexcept {
    INSTEAD_OF(pthread_create);
    hold_up(Call::start);
    std::unique_ptr<Start> start(new (std::nothrow)
                                     Start{body, argument, mixed(self.name, ++self.children)});
    if (!start) return EAGAIN;
    const int status = real(thread, attributes, run, start.get());
    if (status == 0) static_cast<void>(start.release());  // the thread's
    hold_up(Call::start);
    return status;
}

int accept(int socket, sockaddr* address, socklen_t* length) {
    INSTEAD_OF(accept);
    hold_up(Call::socket);
    const int status = real(socket, address, length);
    hold_up(Call::socket);
    return status;
}

int accept4(int socket, sockaddr* address, socklen_t* length, int flags) {
    INSTEAD_OF(accept4);
    hold_up(Call::socket);
    const int status = real(socket, address, length, flags);
    hold_up(Call::socket);
    return status;
}

int connect(int socket, const sockaddr* address, socklen_t length) {
    INSTEAD_OF(connect);
    hold_up(Call::socket);
    const int status = real(socket, address, length);
    hold_up(Call::socket);
    return status;
}

ssize_t recv(int socket, void* bytes, size_t count, int flags) {
    INSTEAD_OF(recv);
    hold_up(Call::socket);
    const ssize_t status = real(socket, bytes, count, flags);
    hold_up(Call::socket);
    return status;
}

ssize_t send(int socket, const void* bytes, size_t count, int flags) {
    INSTEAD_OF(send);
    hold_up(Call::socket);
    const ssize_t status = real(socket, bytes, count, flags);
    hold_up(Call::socket);
    return status;
}

ssize_t read(int descriptor, void* bytes, size_t count) {
    INSTEAD_OF(read);
    hold_up_at(descriptor);
    return real(descriptor, bytes, count);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
    INSTEAD_OF(write);
    hold_up_at(descriptor);
    return real(descriptor, bytes, count);
}

int poll(pollfd* descriptors, nfds_t count, int milliseconds) {
    INSTEAD_OF(poll);
    hold_up(Call::socket);
    return real(descriptors, count, milliseconds);
}

int select(int count, fd_set* to_read, fd_set* to_write, fd_set* in_trouble, timeval* limit) {
    INSTEAD_OF(select);
    hold_up(Call::socket);
    return real(count, to_read, to_write, in_trouble, limit);
}

int shutdown(int socket, int how) noexcept {
    INSTEAD_OF(shutdown);
    hold_up(Call::socket);
    return real(socket, how);
}

}  // extern "C"
