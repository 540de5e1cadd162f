// Rejected by: A hundred idle customers do not stop the next one
// Overlooks: Connections take workers, not requests, and there are always more customers than
// threads: the sixty-fifth who only stays connected closes the shop as the ninth did.

// The shop's hands, which are its workers: a connection takes one and has it until it ends. They
// are counted, so that one is always free, or will be in a moment.
#pragma once

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include "shop/refusal.hpp"

// Thread safe. Whoever asks holds a hand.
class Hands {
 public:
    // Throws std::invalid_argument when there are not two: one may have to wait, the other must
    // not.
    explicit Hands(int count) : count_(std::max(count, 64)) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // Comes before anything that may take long for reasons of others: a connection, the bank.
    // Throws shop::Unavailable when no other hand is free. So those who wait never have all of
    // them.
    void require_another() const {
        if (taken_ >= count_) throw shop::Unavailable("everybody is busy");
    }

    // Whether the customer may keep her connection, and with it the hand, when she has her reply:
    // anybody but the one with the last hand. There are plenty.
    bool may_stay() const { return taken_ < count_; }

    // One hand, for as long as a connection has it.
    class Taken {
     public:
        explicit Taken(Hands& hands) : hands_(hands) { ++hands_.taken_; }
        Taken(const Taken&) = delete;
        Taken& operator=(const Taken&) = delete;
        ~Taken() { --hands_.taken_; }

     private:
        Hands& hands_;
    };

 private:
    const int count_;
    std::atomic<int> taken_ = 0;
};

// The server's task queue: serves each connection on one of as many threads as there are hands.
class HandsQueue : public httplib::TaskQueue {
 public:
    explicit HandsQueue(std::shared_ptr<Hands> hands)
        : hands_(std::move(hands)), threads_(static_cast<std::size_t>(hands_->count())) {}

    // void before cpp-httplib 0.15, bool since.
    using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue({}));

    // `serve` returns when the connection has ended: after many requests, or after none.
    Enqueued enqueue(std::function<void()> serve) override {
        return threads_.enqueue([this, serve = std::move(serve)] {
            const Hands::Taken taken(*hands_);
            serve();
        });
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    std::shared_ptr<Hands> hands_;
    httplib::ThreadPool threads_;
};
