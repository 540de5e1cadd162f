// The connections of a shop that closes: how long they wait
// for others, and how those who have them are let go.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"

namespace shop {

// Whether the shop's deadline has passed: then nobody waits any more.
using Deadline = std::atomic<bool>;

// Connections that wait for another program's lock for half a minute, because one may count all the
// goods; but not beyond the deadline. sqlite3_interrupt does not end such a wait.
class PatientManager : public ConnectionManager {
 public:
    // `deadline` outlives the connections.
    PatientManager(const Engine& engine, const Deadline& deadline)
        : ConnectionManager(engine), engine_(engine), deadline_(&deadline) {}

    Connection connect() const {
        SQLite::Database fresh = engine_.connect();
        be_patient(fresh);
        return Connection(std::move(fresh));
    }

    // A busy timeout, also one of 0, takes a busy handler away; and to SQLite a handler is a timeout
    // of 0. So no setting tells whether it is still there.
    bool reset(Connection& connection) const {
        const bool was_dirty = ConnectionManager::reset(connection);
        be_patient(connection);
        return was_dirty;
    }

 private:
    void be_patient(SQLite::Database& connection) const {
        sqlite3_busy_handler(connection.getHandle(), wait_for_lock,
                             const_cast<Deadline*>(deadline_));
    }

    static int wait_for_lock(void* deadline, int times) {
        constexpr auto nap = std::chrono::milliseconds(10);
        if (*static_cast<const Deadline*>(deadline) || times * nap >= std::chrono::seconds(30)) {
            return 0;  // SQLITE_BUSY
        }
        std::this_thread::sleep_for(nap);
        return 1;
    }

    Engine engine_;
    const Deadline* deadline_;
};

// What the shop's tasks borrow from, and, by way of ConnectionLender, its handlers.
using ConnectionPool = Pool<PatientManager>;

// Lends a pool's connections to handlers, until the deadline has passed. Thread safe.
class ConnectionLender {
 public:
    // Both outlive it.
    ConnectionLender(ConnectionPool& pool, Deadline& deadline) : pool_(pool), deadline_(deadline) {}

    class Lease {
     public:
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        // The connection is not interrupted any more when the pool gets it back.
        ~Lease() {
            const std::lock_guard lock(connections_.mutex_);
            connections_.in_use_.erase(lease_->getHandle());
        }
        Connection& operator*() const { return *lease_; }

     private:
        friend class ConnectionLender;
        Lease(ConnectionPool::Lease lease, ConnectionLender& connections)
            : lease_(std::move(lease)), connections_(connections) {
            const std::lock_guard lock(connections_.mutex_);
            connections_.in_use_.insert(lease_->getHandle());
        }
        ConnectionPool::Lease lease_;
        ConnectionLender& connections_;
    };

    // As Pool::acquire.
    Lease acquire(std::string holder) { return Lease(pool_.acquire(std::move(holder)), *this); }

    // The deadline has passed: the pool is closed, no lock is waited for, and statements are
    // interrupted. One call is not enough: a statement that begins right after it runs as if nothing
    // had happened. So it is called until the last handler has returned.
    void let_go() {
        deadline_ = true;
        pool_.close();  // those who wait for a connection may wait for one that never comes back
        const std::lock_guard lock(mutex_);
        for (sqlite3* connection : in_use_) sqlite3_interrupt(connection);
    }

 private:
    ConnectionPool& pool_;
    Deadline& deadline_;
    std::mutex mutex_;
    std::set<sqlite3*> in_use_;  // by handlers; guarded by `mutex_`
};

}  // namespace shop
