#include "tutor/watch/wakeup_pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace tutor {

WakeupPipe::WakeupPipe() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe can be made");
    for (const int end : ends_) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
}

WakeupPipe::~WakeupPipe() {
    for (const int end : ends_) ::close(end);
}

void WakeupPipe::wake() {
    const char byte = 0;
    // A pipe that is full is ready already.
    static_cast<void>(::write(ends_[1], &byte, 1) == 1);
}

void WakeupPipe::clear() {
    std::array<char, 64> bytes = {};
    while (::read(ends_[0], bytes.data(), bytes.size()) > 0) continue;
}

}  // namespace tutor
