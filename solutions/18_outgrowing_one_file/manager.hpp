// What a pool has to know of connections on a PostgreSQL server, which is another process, on
// another machine perhaps, and restarts when it likes.
#pragma once

#include <string>
#include <utility>

#include "postgres/connection.hpp"

namespace shop {

// Thread safe, as long as each connection is used by one thread at a time.
class PostgresManager {
 public:
    explicit PostgresManager(std::string address) : address_(std::move(address)) {}

    // Throws postgres::Error: the server is down, restarts, or has too many connections already.
    // That may pass, so it is for the unit of work to say how often it is worth another try.
    postgres::Connection connect() const { return postgres::Connection(address_); }

    // As the pool wants it: see 11_dirty_or_stale/manager.hpp. This end does not see what is left
    // in a connection, so the server throws it all away: settings, temporary tables, advisory
    // locks, LISTEN, cursors, prepared statements. Throws when the connection is lost.
    bool reset(postgres::Connection& connection) const {
        const bool was_open = connection.is_in_transaction();
        if (was_open) connection.exec("ROLLBACK");
        connection.exec("DISCARD ALL");
        return was_open;
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
