// The connections of a shop that closes.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/15_event_loop_closed/pool.hpp"

namespace shop {

// Connections that wait for another program's lock for half a minute,
// because one may count all the goods.
class PatientManager : public ConnectionManager {
 public:
    explicit PatientManager(const Engine& engine) : ConnectionManager(engine), engine_(engine) {}

    Connection connect() const {
        SQLite::Database fresh = engine_.connect();
        fresh.setBusyTimeout(30'000);
        return Connection(std::move(fresh));
    }

 private:
    Engine engine_;
};

// What the shop's tasks borrow from, and, by way of ConnectionLender, its handlers.
using ConnectionPool = Pool<PatientManager>;

// Lends a pool's connections to handlers. Thread safe.
class ConnectionLender {
 public:
    // The pool outlives it.
    explicit ConnectionLender(ConnectionPool& pool) : pool_(pool) {}

    class Lease {
     public:
        Connection& operator*() const { return *lease_; }

     private:
        friend class ConnectionLender;
        explicit Lease(ConnectionPool::Lease lease) : lease_(std::move(lease)) {}
        ConnectionPool::Lease lease_;
    };

    // As Pool::acquire.
    Lease acquire(std::string holder) { return Lease(pool_.acquire(std::move(holder))); }

 private:
    ConnectionPool& pool_;
};

}  // namespace shop
