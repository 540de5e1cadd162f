// Rejected by: A hundred idle customers do not stop the next one
// Overlooks: It counts requests that are under way. A customer who is connected and asks for
// nothing has a worker as well, and is in no handler that could count her.

// The shop's hands, which are its workers: a connection takes one and has it until it ends. They
// are counted, so that one is always free, or will be in a moment.
#pragma once

#include <httplib.h>

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
    explicit Hands(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // A place among those who may have to wait for a connection or for the bank: one fewer than
    // there are hands. Move-only.
    class Place {
     public:
        explicit Place(Hands& hands) : hands_(&hands, &leave) {}

     private:
        static void leave(Hands* hands) { --hands->waiting_; }
        std::unique_ptr<Hands, void (*)(Hands*)> hands_;
    };

    // Throws shop::Unavailable when all places are taken.
    Place enter() {
        if (++waiting_ < count_) return Place(*this);
        --waiting_;
        throw shop::Unavailable("everybody is busy");
    }

    // Whether the customer may keep her connection, and with it the hand, when she has her reply:
    // as long as less than half of the hands are busy.
    bool may_stay() const { return 2 * waiting_ < count_; }

 private:
    const int count_;
    std::atomic<int> waiting_ = 0;
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
        return threads_.enqueue(std::move(serve));
    }
    void shutdown() override { threads_.shutdown(); }

 private:
    std::shared_ptr<Hands> hands_;
    httplib::ThreadPool threads_;
};
