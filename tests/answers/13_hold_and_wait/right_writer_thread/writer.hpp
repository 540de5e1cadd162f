// A thread that writes: what is asked for at the same time is one transaction, and whoever asked
// goes on when it is durable.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/12_pass_the_baton/pool.hpp"
#include "unit_of_work.hpp"

namespace shop {

// Thread safe. There is one writer for all, as SQLite has it anyway.
class Writer {
 public:
    explicit Writer(std::shared_ptr<Pool<ConnectionManager>> pool)
        : pool_(std::move(pool)), thread_([this] { run(); }) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    // Returns when `work` is committed; throws what it throws, and then it is rolled back.
    void write(std::function<void(SQLite::Database&)> work) {
        Job job{std::move(work), {}};
        auto done = job.done.get_future();
        {
            const std::lock_guard lock(mutex_);
            jobs_.push_back(&job);
        }
        changed_.notify_all();
        done.get();
    }

 private:
    struct Job {
        std::function<void(SQLite::Database&)> work;
        std::promise<void> done;
    };

    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return over_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            const std::deque<Job*> batch = std::exchange(jobs_, {});
            lock.unlock();
            write_all(batch);
            lock.lock();
        }
    }

    void write_all(const std::deque<Job*>& batch) {
        std::vector<std::exception_ptr> failed(batch.size());
        try {
            unit_of_work(*pool_, "writer", [&](SQLite::Database& connection) {
                for (std::size_t i = 0; i < batch.size(); ++i) {
                    connection.exec("SAVEPOINT job");
                    try {
                        batch[i]->work(connection);
                        connection.exec("RELEASE job");
                    } catch (...) {
                        failed[i] = std::current_exception();
                        connection.exec("ROLLBACK TO job; RELEASE job");
                    }
                }
            });
        } catch (...) {
            failed.assign(batch.size(), std::current_exception());
        }
        for (std::size_t i = 0; i < batch.size(); ++i) {
            std::promise<void> done = std::move(batch[i]->done);  // whoever asked takes it all away
            failed[i] ? done.set_exception(failed[i]) : done.set_value();
        }
    }

    std::shared_ptr<Pool<ConnectionManager>> pool_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job*> jobs_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace shop
