// Rejected by: Whoever cannot be served is told so at once
// Overlooks: A second is short for whoever waits, and long for the worker who waits with her: each
// of those who will be turned away has one, and /healthz stands in line behind them.

// The shop's hands, which are its workers: a connection takes one and has it until it ends. They
// are counted, so that one is always free, or will be in a moment.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <utility>

#include "shop/refusal.hpp"

// Thread safe. Whoever asks holds a hand.
class Hands {
    const int count_;

 public:
    // Throws std::invalid_argument when there are not two: one may have to wait, the other must
    // not.
    explicit Hands(int count) : count_(count) {
        if (count < 2) throw std::invalid_argument("a shop needs two workers, so that one is free");
    }

    int count() const { return count_; }

    // Comes before anything that may take long for reasons of others: a connection, the bank.
    // Throws shop::Unavailable when all places are taken.
    class Place {
     public:
        explicit Place(std::counting_semaphore<>& places) : places_(&places, &leave) {}

     private:
        static void leave(std::counting_semaphore<>* places) { places->release(); }
        std::unique_ptr<std::counting_semaphore<>, void (*)(std::counting_semaphore<>*)> places_;
    };
    static Place enter(std::counting_semaphore<>& places) {
        if (!places.try_acquire_for(std::chrono::seconds(1)))
            throw shop::Unavailable("everybody is busy");
        return Place(places);
    }
    std::counting_semaphore<> places_{5 * count_ / 8};

    // Whether the customer may keep her connection, and with it the hand, when she has her reply:
    // not the last one, and only while most of the others are free. So those who merely might come
    // back leave two thirds of the hands to those who want something.
    bool may_stay() const { return 3 * taken_ < count_; }

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
