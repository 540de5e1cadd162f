// The one thread that writes: whoever wants to write hands it a unit of work and waits for its
// turn.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "05_forgotten_pragma/engine.hpp"

// Owns a thread and, on it, a connection. Thread safe. Its destructor does what is still to be
// done.
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
        using Result = std::invoke_result_t<Work&, SQLite::Database&>;
        const auto task = std::make_shared<std::packaged_task<Result(SQLite::Database&)>>(
            [work = std::move(work)](SQLite::Database& connection) -> Result {
                SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
                Result result = std::invoke(work, connection);
                transaction.commit();
                return result;
            });
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back([task](SQLite::Database& connection) { (*task)(connection); });
        }
        changed_.notify_one();
        return task->get_future().get();
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
