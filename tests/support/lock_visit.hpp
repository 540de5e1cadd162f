// The moment before a thread takes a lock: a test has something happen just then, for the first
// lock, the second, and so on until there are not so many.
//
// Included by one file of an executable: it defines the C library's own function for locking.
// Where that library is another, and under ThreadSanitizer, which has its own, no moment is
// visited, and the tests see less.
#pragma once

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "support/await.hpp"
#include "support/patience.hpp"

namespace support {

// While it lives, on the thread that made it. One a thread.
class LockVisit {
 public:
    // Calls `visit` just before the `number`th lock (from 1) that this thread takes; 0: never.
    LockVisit(int number, std::function<void()> visit) : to_go_(number), visit_(std::move(visit)) {
        of_this_thread = this;
    }
    LockVisit(const LockVisit&) = delete;
    LockVisit& operator=(const LockVisit&) = delete;
    ~LockVisit() { of_this_thread = nullptr; }

    static void about_to_lock() noexcept {
        LockVisit* const visit = of_this_thread;
        if (visit == nullptr || --visit->to_go_ != 0) return;
        of_this_thread = nullptr;  // what the visit itself locks does not count
        visit->visit_();
    }

 private:
    inline static thread_local LockVisit* of_this_thread = nullptr;
    int to_go_;
    std::function<void()> visit_;
};

// Something that happens once, on a thread of its own, while somebody is about to take a lock. It
// has a name so that the test can have it happen afterwards, when there was no such moment.
class Interruption {
 public:
    explicit Interruption(std::function<void()> act) : act_(std::move(act)) {}
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;
    ~Interruption() { join(); }

    // It happens now, and has happened when this returns, unless it waits for a lock that the
    // caller has: then both go on. False: it has come before, or is happening.
    bool comes() {
        if (has_come_.exchange(true)) return false;
        thread_ = std::thread([this] {
            act_();
            is_over_ = true;
        });
        static_cast<void>(
            await([this] { return bool(is_over_); }, std::chrono::milliseconds(patience()) / 5));
        return true;
    }
    bool has_come() const { return has_come_; }
    bool is_over() const { return is_over_; }

 private:
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    std::function<void()> act_;
    std::atomic<bool> has_come_{false};
    std::atomic<bool> is_over_{false};
    std::thread thread_;
};

}  // namespace support

#if defined(__has_feature)
#define LEAKLINGS_HAS_FEATURE(feature) __has_feature(feature)
#else
#define LEAKLINGS_HAS_FEATURE(feature) 0
#endif

// Whether moments are visited here.
#if defined(__GLIBC__) && !defined(__SANITIZE_THREAD__) && !LEAKLINGS_HAS_FEATURE(thread_sanitizer)
#define LEAKLINGS_VISITS_LOCKS 1
#else
#define LEAKLINGS_VISITS_LOCKS 0
#endif

// Every lock of a std::mutex comes by here. One file of a program includes this header, no more.
#if LEAKLINGS_VISITS_LOCKS
// NOLINTNEXTLINE(misc-definitions-in-headers): the program's own, which its one includer brings
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    using Lock = int (*)(pthread_mutex_t*);
    static const Lock lock = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    support::LockVisit::about_to_lock();
    return lock(mutex);
}
#endif
