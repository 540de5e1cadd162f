// The right to be the only process that does something, as long as it lives. The kernel gives it
// back when the process ends, however it ends. `./learn` takes the same locks with flock(1).
#pragma once

#include <filesystem>
#include <functional>

namespace tutor {

class FileLock {
 public:
    // Waits until it is free, calling `waiting` before it does, or until `cancelled` says that it
    // is not wanted any more. Makes the file when it is not there.
    // Throws std::system_error when it cannot.
    explicit FileLock(const std::filesystem::path& file,
                      const std::function<void()>& waiting = nullptr,
                      const std::function<bool()>& cancelled = nullptr);
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

    // False only after a wait that was cancelled.
    bool held() const { return held_; }
    // As long as anybody has it open, it is held.
    int descriptor() const { return descriptor_; }

 private:
    int descriptor_ = -1;
    bool held_ = false;
};

}  // namespace tutor
