// Work in the background, done again and again: what could not be done in one round is done in a
// later one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "time/clock.hpp"

namespace shop {

// Thread safe.
class Rounds {
 public:
    // `round` is called with this on a thread of its own: after `delay`, and again `pause` after it has
    // returned. What may fail in it is an attempt; it does not throw. What it uses outlives
    // this.
    Rounds(std::chrono::seconds delay, std::chrono::seconds pause,
           std::function<void(Rounds&)> round)
        : thread_([this, delay, pause, round = std::move(round)] {
              for (auto wait = delay; !closes_within(wait); wait = pause) round(*this);
          }) {}
    Rounds(const Rounds&) = delete;
    Rounds& operator=(const Rounds&) = delete;
    ~Rounds() { close(); }

    // Waits for no more than the attempt that is under way; no other is begun. Twice is the same as
    // once.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            is_closing_ = true;
        }
        changed_.notify_all();
        const std::lock_guard lock(joining_);
        if (thread_.joinable()) thread_.join();
    }

    // Calls `work`, unless this is being closed. What it throws is said on the standard error
    // output, and counted.
    template <typename Work>
    void attempt(const char* what, Work work) {
        if (closes_within(std::chrono::seconds(0))) return;
        try {
            work();
        } catch (const std::exception& error) {
            failed(what, error.what());
        } catch (...) {
            failed(what, "something that is no std::exception");
        }
    }

    // How many attempts have failed.
    std::uint64_t failures() const { return failures_; }

 private:
    void failed(const char* what, const char* why) {
        ++failures_;
        std::fprintf(stderr, "%s failed, and will be tried again: %s\n", what, why);
    }

    bool closes_within(std::chrono::seconds time) {
        const auto end = clock_.now() + time;
        std::unique_lock lock(mutex_);
        while (!is_closing_ && clock_.now() < end) clock_.wait_until(changed_, lock, end);
        return is_closing_;
    }

    const Clock& clock_ = Clock::of_the_process();
    std::atomic<std::uint64_t> failures_ = 0;
    std::mutex mutex_;  // guards is_closing_; changed_ is told of it
    std::condition_variable changed_;
    bool is_closing_ = false;
    std::mutex joining_;
    std::thread thread_;  // last: it begins with all of the above made
};

}  // namespace shop
