// The connections of a shop that closes: how long they wait
// for others, and how those who have them are let go.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"

namespace shop {

// Requested when the shop's deadline has passed: then nobody waits any more. Whoever has to be
// woken for it has a std::stop_callback.
using Deadline = std::stop_source;

// Connections that wait for another program's lock for half a minute, because one may count all the
// goods; but not beyond the deadline. sqlite3_interrupt does not end such a wait.
class PatientManager : public ConnectionManager {
 public:
    // `deadline` outlives the connections.
    PatientManager(const Engine& engine, const Deadline& deadline)
        : ConnectionManager(engine), engine_(engine), deadline_(&deadline) {}

    Connection connect() const {
        SQLite::Database fresh = engine_.connect();
        sqlite3_busy_handler(fresh.getHandle(), wait_for_lock, const_cast<Deadline*>(deadline_));
        return Connection(std::move(fresh));
    }

 private:
    static int wait_for_lock(void* deadline, int times) {
        constexpr auto nap = std::chrono::milliseconds(10);
        if (static_cast<const Deadline*>(deadline)->stop_requested() ||
            times * nap >= std::chrono::seconds(30)) {
            return 0;  // SQLITE_BUSY
        }
        std::this_thread::sleep_for(nap);
        return 1;
    }

    Engine engine_;
    const Deadline* deadline_;
};

// What the shop's tasks borrow from, and, by way of Connections, its handlers.
using ConnectionPool = Pool<PatientManager>;

// Interrupts a connection from the deadline on, as long as it lives: a thread of its own does that
// again and again, because a statement may begin just after.
class InterruptedFrom {
 public:
    InterruptedFrom(const Deadline& deadline, sqlite3* connection)
        : thread_([connection, over = deadline.get_token()](const std::stop_token& given_back) {
              std::mutex mutex;
              std::condition_variable_any changed;
              const std::stop_callback wake(over, [&] {
                  const std::lock_guard woken(mutex);
                  changed.notify_all();
              });
              std::unique_lock lock(mutex);
              changed.wait(lock, given_back, [&] { return over.stop_requested(); });
              while (!given_back.stop_requested()) {
                  sqlite3_interrupt(connection);
                  changed.wait_for(lock, given_back, std::chrono::milliseconds(5),
                                   [] { return false; });
              }
              lock.unlock();
          }) {}

 private:
    std::jthread thread_;  // told, and joined, before the connection is given back
};

// Lends a pool's connections to handlers, until the deadline has passed. Thread safe.
class Connections {
 public:
    // Both outlive it.
    Connections(ConnectionPool& pool, Deadline& deadline) : pool_(pool), deadline_(deadline) {}

    class Lease {
     public:
        Connection& operator*() const { return *lease_; }

     private:
        friend class Connections;
        Lease(ConnectionPool::Lease lease, const Deadline& deadline)
            : lease_(std::move(lease)), interrupted_(deadline, lease_->getHandle()) {
            if (deadline.stop_requested()) throw PoolClosed();
        }
        ConnectionPool::Lease lease_;
        InterruptedFrom interrupted_;
    };

    Lease acquire(std::string holder) { return Lease(pool_.acquire(std::move(holder)), deadline_); }

    void let_go() { deadline_.request_stop(); }

 private:
    ConnectionPool& pool_;
    Deadline& deadline_;
};

}  // namespace shop
