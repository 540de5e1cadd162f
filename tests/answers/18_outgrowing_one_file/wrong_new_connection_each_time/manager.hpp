// Rejected by: To look at an item costs a few statements on a connection that is there already
// Overlooks: A connection that is never kept is never dead. It is a process on the server, started
// and ended for each unit of work.

// What a pool has to know of connections on a PostgreSQL server, which is another process, on
// another machine perhaps, and restarts when it likes.
#pragma once

#include <string>
#include <utility>

#include "postgres/connection.hpp"
#include "shop/refusal.hpp"

namespace shop {

// Thread safe, as long as each connection is used by one thread at a time.
class PostgresManager {
 public:
    explicit PostgresManager(std::string address) : address_(std::move(address)) {}

    // Throws shop::Unavailable: the server is down, restarts, or has too many connections already.
    postgres::Connection connect() const {
        try {
            return postgres::Connection(address_);
        } catch (const postgres::Error&) {
            throw Unavailable("the database cannot be reached");
        }
    }

    // As the pool wants it: see 11_dirty_or_stale/manager.hpp. Throws when the connection is lost.
    bool reset(postgres::Connection& connection) const {
        throw postgres::Error("08003", connection.is_connected() ? "used once" : "lost");
    }

    // Asks the server: this end of a connection does not know that the other is gone until it tries
    // to use it. That is a journey there and back. A throw is a no.
    bool is_valid(postgres::Connection& connection) const {
        connection.exec("SELECT 1");
        return true;
    }

 private:
    std::string address_;
};

}  // namespace shop
