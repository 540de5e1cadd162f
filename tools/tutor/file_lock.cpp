#include "tutor/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace tutor {
namespace {

constexpr auto glance = std::chrono::milliseconds(20);

}  // namespace

FileLock::FileLock(const std::filesystem::path& file, const std::function<void()>& waiting,
                   const std::function<bool()>& cancelled)
    : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) {
        throw std::system_error(errno, std::generic_category(),
                                file.string() + " cannot be opened");
    }
    bool told = false;
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            const int error = errno;
            ::close(descriptor_);
            throw std::system_error(error, std::generic_category(),
                                    file.string() + " cannot be locked");
        }
        if (waiting && !std::exchange(told, true)) waiting();
        if (cancelled && cancelled()) return;
        std::this_thread::sleep_for(glance);
    }
    held_ = true;
}

FileLock::~FileLock() {
    ::close(descriptor_);
}

}  // namespace tutor
