// The one thread that writes: a handler that wants to write hands
// it a unit of work and waits for its turn.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Owns a thread and, on it, a connection. Thread safe.
// Its destructor does what is still to be done.
class Writer {
 public:
    explicit Writer(Engine engine)
        : thread_([this, engine = std::move(engine)] { run(engine.connect()); }) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }

    // Calls `work` on the writer's thread, inside a transaction, and returns what it returned once
    // that is durable. Throws what `work` throws, after the rollback.
    template <typename Work>
    auto write(Work work) {
        std::optional<std::invoke_result_t<Work&, SQLite::Database&>> result;
        std::exception_ptr thrown;
        const auto done = std::make_shared<std::promise<void>>();
        std::future<void> is_done = done->get_future();
        {
            const std::lock_guard lock(mutex_);
            // What it refers to is here until it is done.
            waiting_.push_back([&work, &result, &thrown, done](SQLite::Database& connection) {
                try {
                    SQLite::Transaction transaction(connection,
                                                    SQLite::TransactionBehavior::IMMEDIATE);
                    result = std::invoke(work, connection);
                    transaction.commit();
                } catch (...) {
                    thrown = std::current_exception();
                }
                done->set_value();
            });
        }
        changed_.notify_one();
        is_done.wait();
        if (thrown) std::rethrow_exception(thrown);
        return *result;
    }

 private:
    void run(SQLite::Database connection) {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            const auto next = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            next(connection);
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void(SQLite::Database&)>> waiting_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace shop
