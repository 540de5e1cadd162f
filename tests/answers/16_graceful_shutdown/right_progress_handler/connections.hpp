// The connections of a shop that closes: how long they wait
// for others, and how those who have them are let go.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"

namespace shop {

// Whether the shop's deadline has passed: then nobody waits any more.
using Deadline = std::atomic<bool>;

// Connections that look at the deadline by themselves: every few thousand steps of a statement, and
// whenever they wait for a lock. So nobody has to know who has one,
// and nothing is interrupted from outside.
class PatientManager : public ConnectionManager {
 public:
    // `deadline` outlives the connections.
    PatientManager(const Engine& engine, const Deadline& deadline)
        : ConnectionManager(engine), engine_(engine), deadline_(&deadline) {}

    Connection connect() const {
        SQLite::Database fresh = engine_.connect();
        add_handlers(fresh);
        return Connection(std::move(fresh));
    }

    bool reset(Connection& connection) const {
        const bool was_dirty = ConnectionManager::reset(connection);
        add_handlers(connection);
        return was_dirty;
    }

 private:
    void add_handlers(SQLite::Database& connection) const {
        auto* deadline = const_cast<Deadline*>(deadline_);
        sqlite3_busy_handler(connection.getHandle(), wait_for_lock, deadline);
        sqlite3_progress_handler(connection.getHandle(), 10'000, is_over, deadline);
    }

    static int is_over(void* deadline) { return *static_cast<const Deadline*>(deadline) ? 1 : 0; }

    static int wait_for_lock(void* deadline, int times) {
        constexpr auto nap = std::chrono::milliseconds(10);
        if (is_over(deadline) != 0 || times * nap >= std::chrono::seconds(30)) return 0;
        std::this_thread::sleep_for(nap);
        return 1;
    }

    Engine engine_;
    const Deadline* deadline_;
};

using ConnectionPool = Pool<PatientManager>;

// Lends a pool's connections to handlers, until the deadline has passed. Thread safe.
class ConnectionLender {
 public:
    // Both outlive it.
    ConnectionLender(ConnectionPool& pool, Deadline& deadline) : pool_(pool), deadline_(deadline) {}

    ConnectionPool::Lease acquire(std::string holder) { return pool_.acquire(std::move(holder)); }

    void let_go() {
        deadline_ = true;
        pool_.close();
    }

 private:
    ConnectionPool& pool_;
    Deadline& deadline_;
};

}  // namespace shop
