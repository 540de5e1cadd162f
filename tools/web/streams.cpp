#include "web/streams.hpp"

#include <utility>

namespace web {

void Streams::publish(std::string state) {
    {
        const std::lock_guard lock(mutex_);
        if (number_ != 0 && state == state_) return;
        state_ = std::move(state);
        ++number_;
    }
    news_.notify_all();
}

void Streams::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    news_.notify_all();
}

std::size_t Streams::count() const {
    const std::lock_guard lock(mutex_);
    return taken_;
}

std::shared_ptr<Streams::Seat> Streams::take_seat() {
    const std::lock_guard lock(mutex_);
    if (closed_ || taken_ == most_) return nullptr;
    ++taken_;
    return std::make_shared<Seat>(*this);
}

Streams::Seat::~Seat() {
    const std::lock_guard lock(streams_.mutex_);
    --streams_.taken_;
}

Streams::Seat::News Streams::Seat::wait(std::chrono::milliseconds patience, std::string& state) {
    std::unique_lock lock(streams_.mutex_);
    streams_.news_.wait_for(lock, patience,
                            [this] { return streams_.closed_ || streams_.number_ != told_; });
    if (streams_.closed_) return News::end;
    if (streams_.number_ == told_) return News::none;
    told_ = streams_.number_;
    state = streams_.state_;
    return News::state;
}

}  // namespace web
