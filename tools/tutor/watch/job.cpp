#include "tutor/watch/job.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace tutor {

Bell::Bell() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe can be made");
    for (const int end : ends_) {
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
        ::fcntl(end, F_SETFL, O_NONBLOCK);
    }
}

Bell::~Bell() {
    for (const int end : ends_) ::close(end);
}

void Bell::ring() {
    const char byte = 0;
    // A pipe that is full rings already.
    static_cast<void>(::write(ends_[1], &byte, 1) == 1);
}

void Bell::stop_ringing() {
    std::array<char, 64> bytes = {};
    while (::read(ends_[0], bytes.data(), bytes.size()) > 0) continue;
}

Job::Job(Bell& bell, Work work)
    : bell_(bell), thread_([this, work = std::move(work)] {
          work(*this);
          {
              const std::lock_guard lock(mutex_);
              over_ = true;
          }
          bell_.ring();
      }) {}

Job::~Job() {
    cancelled_.store(true);
    thread_.join();
}

void Job::post(std::function<void()> what) {
    {
        const std::lock_guard lock(mutex_);
        posted_.push_back(std::move(what));
    }
    bell_.ring();
}

bool Job::deliver() {
    std::vector<std::function<void()>> posted;
    bool over = false;
    {
        const std::lock_guard lock(mutex_);
        posted.swap(posted_);
        over = over_;
    }
    for (const auto& what : posted) what();
    return !over;
}

}  // namespace tutor
