// The shop's workers, and what each is held for. As in lesson 14 they are never all held. Those who
// wait for others hold at most half of them, so that readers go on meanwhile.
#pragma once

#include <httplib.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "earlier/14_starved_workers/worker_limiter.hpp"
#include "shop/refusal.hpp"

namespace shop {

// Thread safe. What it is told is about the calling worker, and holds until it is told something
// else, or the HTTP connection has ended. A worker that it is told nothing of is free in a moment.
class Workers {
 public:
    // Throws std::invalid_argument when there are not two.
    explicit Workers(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // Comes before what needs a connection of the pool, and nobody else. Throws shop::Unavailable
    // when all other workers are held.
    void serve() { hold_for(Held::serving, "everybody is busy"); }

    // Comes before what waits for the bank, or for a customer to read. Throws shop::Unavailable also
    // when half of the workers do so already.
    void wait_for_others() { hold_for(Held::waiting, "too many are waiting"); }

    // Comes before the reply. Whether the customer may keep her HTTP connection, and with it the
    // worker: less than half of them do, and beside those who wait they leave two to the others.
    bool may_keep_alive() {
        if (held_ != Held::refused && become(Held::idle)) return true;
        // A customer who waited may do so still: her export is sent only now.
        if (held_ != Held::waiting) become(Held::not_at_all);
        return false;
    }

    void connection_ended() { become(Held::not_at_all); }

 private:
    enum class Held { not_at_all, refused, serving, waiting, idle };

    void hold_for(Held what, const char* or_else) {
        if (become(what)) return;
        become(Held::refused);
        throw Unavailable(or_else);
    }

    bool become(Held next) {
        const std::lock_guard lock(mutex_);
        const Held before = std::exchange(held_, next);
        --number(before);
        ++number(next);
        if (may(next)) return true;
        --number(next);
        ++number(before);
        held_ = before;
        return false;
    }

    // Whether the numbers are within their limits, when the newest is one that is `held`.
    bool may(Held held) {
        if (held == Held::not_at_all || held == Held::refused) return true;
        const int waiting = number(Held::waiting);
        const int idle = number(Held::idle);
        if (held == Held::waiting && waiting > count_ / 2) return false;
        if (held == Held::idle && (2 * idle >= count_ || idle + waiting > count_ - 2)) return false;
        return number(Held::serving) + waiting + idle < count_;
    }

    int& number(Held held) { return numbers_[static_cast<std::size_t>(held)]; }

    static inline thread_local Held held_ = Held::not_at_all;  // the calling worker

    const int count_;
    std::mutex mutex_;
    std::array<int, 5> numbers_ = {};  // of workers, by what they are held for
};

// The server's task queue: serves each HTTP connection on one of as many threads as there are
// workers.
class WorkersQueue : public httplib::TaskQueue {
 public:
    explicit WorkersQueue(std::shared_ptr<Workers> workers)
        : workers_(std::move(workers)), threads_(static_cast<std::size_t>(workers_->count())) {}

    WorkerQueue::Enqueued enqueue(std::function<void()> serve) override {
        return threads_.enqueue([this, serve = std::move(serve)] {
            serve();
            workers_->connection_ended();
        });
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    std::shared_ptr<Workers> workers_;
    httplib::ThreadPool threads_;
};

}  // namespace shop
