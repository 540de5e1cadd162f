// Rejected by: After a restart of PostgreSQL the first customers are served
// Rejected by: Who is at the bank while PostgreSQL restarts gets what she pays for
// Overlooks: PQstatus is what this end knew when it last used the connection. It is CONNECTION_OK
// for one whose server has gone since.

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
        const bool was_open = connection.is_in_transaction();
        if (was_open) connection.exec("ROLLBACK");
        if (!connection.is_connected()) throw postgres::Error("08003", "the connection is lost");
        return was_open;
    }

    bool is_valid(postgres::Connection& connection) const { return connection.is_connected(); }

 private:
    std::string address_;
};

}  // namespace shop
