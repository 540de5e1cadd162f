#include "support/lock_refusals.hpp"

#include <sqlite3.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

namespace support {
namespace {

// Connections come to their locks through a VFS. The tests' own is SQLite's default, but that the
// database files which it opens have another xShmLock,
// the function that locks parts of the WAL's index.
struct Refusals {
    std::atomic<int> refused = 0;
    sqlite3_vfs* original = nullptr;
    sqlite3_vfs watched{};
    std::mutex mutex;  // over the rest
    const sqlite3_io_methods* original_methods = nullptr;
    sqlite3_io_methods watched_methods{};
};

Refusals& refusals() {
    static Refusals all;
    return all;
}

int locks(sqlite3_file* file, int first, int count, int flags) {
    const int status = refusals().original_methods->xShmLock(file, first, count, flags);
    constexpr int write_lock = 0;  // the first of the eight, by the file format
    if (status == SQLITE_BUSY && first == write_lock && (flags & SQLITE_SHM_LOCK) != 0)
        ++refusals().refused;
    return status;
}

int opens(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened) {
    Refusals& state = refusals();
    const int status = state.original->xOpen(state.original, name, file, flags, opened);
    if (status != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0 || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmLock == nullptr)
        return status;
    const std::lock_guard lock(state.mutex);
    if (state.original_methods == nullptr) {
        state.watched_methods = *file->pMethods;
        state.watched_methods.xShmLock = locks;
        state.original_methods = file->pMethods;
    }
    if (file->pMethods == state.original_methods) file->pMethods = &state.watched_methods;
    return status;
}

// For good: connections keep the VFS that they were opened with.
void install_vfs_for_refusals() {
    Refusals& state = refusals();
    state.original = sqlite3_vfs_find(nullptr);
    state.watched = *state.original;
    state.watched.zName = "leaklings-refusals";
    state.watched.xOpen = opens;
    if (sqlite3_vfs_register(&state.watched, /*makeDflt=*/1) != SQLITE_OK)
        throw std::runtime_error("SQLite does not take the tests' VFS");
}

}  // namespace

LockRefusals::LockRefusals() {
    static const bool installed = (install_vfs_for_refusals(), true);
    static_cast<void>(installed);
    before_ = refusals().refused;
}

int LockRefusals::count() const {
    return refusals().refused - before_;
}

}  // namespace support
