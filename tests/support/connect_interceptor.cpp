#include "support/connect_interceptor.hpp"

#include <deque>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

namespace support {

struct HeldConnect::Attempt {
    Gate tried;
    Gate decided;
    std::mutex mutex;
    bool succeeds = true;  // guarded by `mutex`

    void decide(bool success) {
        const std::lock_guard lock(mutex);
        if (decided.is_open()) return;
        succeeds = success;
        decided.open();
    }
};

struct ConnectInterceptor::State {
    std::mutex mutex;
    std::deque<std::shared_ptr<HeldConnect::Attempt>> held;  // and not tried yet
    std::vector<std::shared_ptr<HeldConnect::Attempt>> all;
    int to_fail = 0;
    int attempts = 0;
};

namespace {
std::mutex current_state_mutex;
std::shared_ptr<void> current_state;
}  // namespace

HeldConnect::~HeldConnect() {
    if (attempt_) attempt_->decide(true);
}

bool HeldConnect::is_tried() {
    return attempt_->tried.wait();
}

void HeldConnect::succeed() {
    attempt_->decide(true);
}

void HeldConnect::fail() {
    attempt_->decide(false);
}

ConnectInterceptor::ConnectInterceptor() : state_(std::make_shared<State>()) {
    const std::lock_guard lock(current_state_mutex);
    current_state = state_;
}

ConnectInterceptor::~ConnectInterceptor() {
    {
        const std::lock_guard lock(current_state_mutex);
        current_state.reset();
    }
    const std::lock_guard lock(state_->mutex);
    for (const auto& attempt : state_->all) attempt->decide(true);
}

HeldConnect ConnectInterceptor::hold_next() {
    auto attempt = std::make_shared<HeldConnect::Attempt>();
    const std::lock_guard lock(state_->mutex);
    state_->held.push_back(attempt);
    state_->all.push_back(attempt);
    return HeldConnect(std::move(attempt));
}

void ConnectInterceptor::fail_next(int attempts) {
    const std::lock_guard lock(state_->mutex);
    state_->to_fail = attempts;
}

void ConnectInterceptor::fail_all() {
    fail_next(std::numeric_limits<int>::max());
}

void ConnectInterceptor::mend() {
    fail_next(0);
}

int ConnectInterceptor::attempts() const {
    const std::lock_guard lock(state_->mutex);
    return state_->attempts;
}

bool ConnectInterceptor::may_open() {
    std::shared_ptr<State> state;
    {
        const std::lock_guard lock(current_state_mutex);
        state = std::static_pointer_cast<State>(current_state);
    }
    if (!state) return true;
    std::unique_lock lock(state->mutex);
    ++state->attempts;
    if (state->held.empty()) {
        if (state->to_fail == 0) return true;
        --state->to_fail;
        return false;
    }
    const auto attempt = std::move(state->held.front());
    state->held.pop_front();
    lock.unlock();
    attempt->tried.open();
    // Waits as long as it takes: a HeldConnect lets it go on at the latest when it goes.
    while (!attempt->decided.wait()) continue;
    const std::lock_guard decision(attempt->mutex);
    return attempt->succeeds;
}

}  // namespace support
