// What the pool of lesson 12 is given by its tests: a manager of connections that lead nowhere, and
// do as the test says.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/gate.hpp"
#include "support/pool_under_test.hpp"

// In a namespace, because a learner may call something of hers `Database` as well.
namespace pool_tests {

// A point at which somebody stops until the test lets her go on.
class Halt {
 public:
    void pass() {
        by_ = std::this_thread::get_id();
        reached_.open();
        if (!go_on_.wait()) in_vain_ = true;
    }
    [[nodiscard]] bool is_reached() { return reached_.wait(); }
    bool has_been_reached() const { return reached_.is_open(); }
    std::thread::id by() const { return by_; }  // who has reached it
    void let_go() { go_on_.open(); }
    // Nobody let her go on in time: the test itself was held up.
    bool was_in_vain() const { return in_vain_; }

 private:
    std::thread::id by_;  // written once, before `reached_` opens
    support::Gate reached_;
    support::Gate go_on_;
    std::atomic<bool> in_vain_{false};
};

struct CannotConnect : std::runtime_error {
    CannotConnect() : std::runtime_error("unable to open database file") {}
};

// What comes of an attempt to connect.
struct Attempt {
    std::exception_ptr thrown = nullptr;  // null: it succeeds
    std::shared_ptr<Halt> halt = nullptr;
};

inline Attempt failing() {
    return {std::make_exception_ptr(CannotConnect()), nullptr};
}

// What the pool's connections lead to: it does as the test says, and counts. Thread safe.
class Database {
 public:
    // The next attempts, in this order; after them all that come are like `always`.
    void next(Attempt attempt) {
        const std::lock_guard lock(mutex_);
        planned_.push_back(std::move(attempt));
    }
    void always(std::exception_ptr thrown) {
        const std::lock_guard lock(mutex_);
        always_ = std::move(thrown);
    }
    void mend() { always(nullptr); }

    int connect() {
        std::unique_lock lock(mutex_);
        ++attempts_;
        most_ = std::max(most_, ++open_);
        Attempt attempt{always_, nullptr};
        if (!planned_.empty()) {
            attempt = std::move(planned_.front());
            planned_.pop_front();
        }
        if (attempt.thrown && ++attempts_in_one_acquire_ > 3) {
            attempt.thrown = nullptr;  // or it would go on for ever
        }
        lock.unlock();
        if (attempt.halt) attempt.halt->pass();
        lock.lock();
        if (!attempt.thrown) return ++opened_;
        ++failed_;
        --open_;
        std::rethrow_exception(attempt.thrown);
    }
    void close() {
        const std::lock_guard lock(mutex_);
        --open_;
    }
    static void an_acquire_begins() { attempts_in_one_acquire_ = 0; }

    int open() const { return read(open_); }  // also those that are being opened or closed
    int most() const { return read(most_); }  // of these, at any time
    int attempts() const { return read(attempts_); }
    int opened() const { return read(opened_); }
    int failed() const { return read(failed_); }

    std::atomic<bool> check_throws{false};
    std::atomic<int> checks{0};

 private:
    int read(const int& count) const {
        const std::lock_guard lock(mutex_);
        return count;
    }

    inline static thread_local int attempts_in_one_acquire_ = 0;
    mutable std::mutex mutex_;
    std::deque<Attempt> planned_;
    std::exception_ptr always_;
    int open_ = 0;
    int most_ = 0;
    int attempts_ = 0;
    int opened_ = 0;
    int failed_ = 0;
};

// A connection that its borrower can spoil.
class FakeConnection {
 public:
    FakeConnection(std::shared_ptr<Database> database, int connection)
        : number(connection), database_(std::move(database)) {}
    FakeConnection(FakeConnection&& other) noexcept { *this = std::move(other); }
    FakeConnection& operator=(FakeConnection&& other) noexcept {
        std::swap(number, other.number);
        std::swap(is_dirty, other.is_dirty);
        std::swap(is_broken, other.is_broken);
        std::swap(is_stale, other.is_stale);
        std::swap(check_throws, other.check_throws);
        std::swap(on_reset, other.on_reset);
        std::swap(on_close, other.on_close);
        std::swap(on_check, other.on_check);
        std::swap(database_, other.database_);
        return *this;
    }
    FakeConnection(const FakeConnection&) = delete;
    FakeConnection& operator=(const FakeConnection&) = delete;
    ~FakeConnection() {
        if (!database_) return;
        if (on_close) on_close->pass();
        database_->close();
    }

    int number = 0;          // from 1, in the order of opening
    bool is_dirty = false;   // until it is reset
    bool is_broken = false;  // it cannot be reset
    bool is_stale = false;   // it leads nowhere any more
    bool check_throws = false;
    std::shared_ptr<Halt> on_reset;
    std::shared_ptr<Halt> on_check;
    std::shared_ptr<Halt> on_close;

 private:
    std::shared_ptr<Database> database_;
};

// Keeps the database: also for an attempt to connect that nobody waits for any more.
struct FakeManager {
    using Connection = FakeConnection;
    std::shared_ptr<Database> database;

    FakeConnection connect() const { return {database, database->connect()}; }
    bool reset(FakeConnection& connection) const {
        if (connection.on_reset) connection.on_reset->pass();
        if (connection.is_broken) throw std::runtime_error("cannot rollback");
        return std::exchange(connection.is_dirty, false);
    }
    bool is_valid(FakeConnection& connection) const {
        ++database->checks;
        if (connection.on_check) connection.on_check->pass();
        if (database->check_throws || connection.check_throws) throw 7;
        return !connection.is_stale;
    }
};

}  // namespace pool_tests

extern template class support::PoolUnderTest<pool_tests::FakeManager>;
