// Rejected by: Who has paid while no session could be had gets what she paid for
// Overlooks: A database that has no session to spare now has one in a moment, and she has paid.

// What a pool has to know of sessions on a PostgreSQL server, which is another process, on another
// machine perhaps, and restarts when it likes.
#pragma once

#include <string>
#include <utility>

#include "postgres/connection.hpp"
#include "shop/refusal.hpp"

// Thread safe, as long as each session is used by one thread at a time.
class PostgresManager {
 public:
    explicit PostgresManager(std::string address) : address_(std::move(address)) {}

    // Throws shop::Unavailable: the server is down, restarts, or has too many sessions already.
    postgres::Connection connect() const {
        try {
            return postgres::Connection(address_);
        } catch (const postgres::Error&) {
            throw shop::Unavailable("the database cannot be reached");
        }
    }

    // As the pool wants it: see 11_dirty_or_stale/manager.hpp. Throws when the session is lost.
    bool reset(postgres::Connection& session) const {
        const bool was_open = session.is_in_transaction();
        if (was_open) session.exec("ROLLBACK");
        if (!session.is_connected()) throw postgres::Error("08003", "the session is lost");
        return was_open;
    }

    // Asks the server: this end of a connection does not know that the other is gone until it tries
    // to use it. That is a journey there and back. A throw is a no.
    bool is_valid(postgres::Connection& session) const {
        session.exec("SELECT 1");
        return true;
    }

 private:
    std::string address_;
};
