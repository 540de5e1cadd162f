// Rejected by: The line is in the log before the customer hears of it
// Rejected by: An order and its line are there together or not at all
// Overlooks: A line that is in a queue is nowhere: when the shop dies, or the unit of work fails,
// nobody hears of it.

// An audit log that keeps nobody waiting: a thread of its own writes the lines.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/12_pass_the_baton/pool.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "unit_of_work.hpp"

namespace shop {

// Thread safe. Its destructor waits until all lines are written.
class AuditLog {
 public:
    explicit AuditLog(std::shared_ptr<Pool<ConnectionManager>> pool)
        : pool_(std::move(pool)), writer_([this] { run(); }) {}
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;
    ~AuditLog() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
        writer_.join();
    }

    // Takes the line and returns.
    void write(const NewOrder& order, const std::string& outcome) {
        {
            const std::lock_guard lock(mutex_);
            lines_.push_back({order, outcome});
        }
        changed_.notify_all();
    }

 private:
    struct Line {
        NewOrder order;
        std::string outcome;
    };

    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return over_ || !lines_.empty(); });
            if (lines_.empty()) return;
            const Line line = std::move(lines_.front());
            lines_.pop_front();
            lock.unlock();
            try {
                unit_of_work(*pool_, "audit", [&](SQLite::Database& connection) {
                    add_audit(connection, line.order, line.outcome);
                });
            } catch (const std::exception&) {
                // The order is not to suffer for its line.
            }
            lock.lock();
        }
    }

    std::shared_ptr<Pool<ConnectionManager>> pool_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Line> lines_;
    bool over_ = false;
    std::thread writer_;
};

}  // namespace shop
