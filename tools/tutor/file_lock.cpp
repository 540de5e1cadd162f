#include "file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tutor {

FileLock::FileLock(const std::filesystem::path& file, const std::function<void()>& waiting)
    : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) {
        throw std::system_error(errno, std::generic_category(),
                                file.string() + " cannot be opened");
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
    if (waiting) waiting();
    while (::flock(descriptor_, LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        const int error = errno;
        ::close(descriptor_);
        throw std::system_error(error, std::generic_category(),
                                file.string() + " cannot be locked");
    }
}

FileLock::~FileLock() {
    ::close(descriptor_);
}

}  // namespace tutor
