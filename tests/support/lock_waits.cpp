#include "support/lock_waits.hpp"

#include <sqlite3.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "support/patience.hpp"

namespace support {
namespace {

struct Sleeps {
    std::mutex mutex;
    std::condition_variable waited;
    LockWaits::Length length = LockWaits::Length::as_set;
    int count = 0;
    sqlite3_vfs* original = nullptr;
    sqlite3_vfs watched{};
};

Sleeps& sleeps() {
    static Sleeps all;
    return all;
}

int waits_for_lock(sqlite3_vfs*, int microseconds) {
    Sleeps& state = sleeps();
    LockWaits::Length length{};
    {
        const std::lock_guard lock(state.mutex);
        ++state.count;
        length = state.length;
    }
    state.waited.notify_all();
    if (length == LockWaits::Length::none) return microseconds;
    return state.original->xSleep(state.original, microseconds);
}

// For good: connections keep the VFS that they were opened with.
void install_vfs_for_sleeps() {
    Sleeps& state = sleeps();
    state.original = sqlite3_vfs_find(nullptr);
    state.watched = *state.original;
    state.watched.zName = "leaklings";
    state.watched.xSleep = waits_for_lock;
    if (sqlite3_vfs_register(&state.watched, /*makeDflt=*/1) != SQLITE_OK) {
        throw std::runtime_error("SQLite does not take the tests' VFS");
    }
}

}  // namespace

LockWaits::LockWaits(Length length) {
    static const bool installed = (install_vfs_for_sleeps(), true);
    static_cast<void>(installed);
    const std::lock_guard lock(sleeps().mutex);
    sleeps().length = length;
    sleeps().count = 0;
}

LockWaits::~LockWaits() {
    const std::lock_guard lock(sleeps().mutex);
    sleeps().length = Length::as_set;
}

int LockWaits::count() const {
    const std::lock_guard lock(sleeps().mutex);
    return sleeps().count;
}

bool LockWaits::somebody_waits() const {
    std::unique_lock lock(sleeps().mutex);
    return sleeps().waited.wait_for(lock, patience(), [] { return sleeps().count > 0; });
}

}  // namespace support
