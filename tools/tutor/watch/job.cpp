#include "tutor/watch/job.hpp"

#include <utility>

namespace tutor {

Job::Job(WakeupPipe& wakeup, Work work)
    : wakeup_(wakeup), thread_([this, work = std::move(work)] {
          work(*this);
          {
              const std::lock_guard lock(mutex_);
              over_ = true;
          }
          wakeup_.wake();
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
    wakeup_.wake();
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
