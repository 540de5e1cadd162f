// What the shops do, as PostgreSQL itself tells it: its list of connections, pg_stat_activity, and
// what it has written down. The counterpart of the ledger, which counts what SQLite does. Only for
// lessons over PostgreSQL.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <string>

#include "postgres/connection.hpp"
#include "postgres/private_server.hpp"

namespace support {

// Has one of the connections that PostgreSQL keeps for superusers,
// so it always gets in. Not thread safe.
class PostgresLedger {
 public:
    explicit PostgresLedger(const postgres::PrivateServer& server)
        : server_(server), connection_(server.keepers_address()) {}

    // After a restart of the server, which has ended its connection too.
    void reconnect() { connection_ = postgres::Connection(server_.keepers_address()); }

    // The one number that a query yields: what has been committed.
    std::int64_t number(const std::string& sql) { return connection_.exec(sql).number(0, 0); }
    // Its first column.
    std::multiset<std::string> texts(const std::string& sql) {
        const postgres::Result result = connection_.exec(sql);
        std::multiset<std::string> all;
        for (int row = 0; row < result.rows(); ++row) all.insert(result.text(row, 0));
        return all;
    }
    void run(const std::string& sql) { connection_.exec(sql); }

    // The shops' connections: all, those that wait for a lock,
    // those in a transaction that do nothing.
    int connections() { return count(""); }
    int connections_at_a_lock() { return count("AND wait_event_type = 'Lock'"); }
    int connections_idle_in_transaction() { return count("AND state LIKE 'idle in transaction%'"); }

    // Those whose COMMIT is done here and waits for a copy elsewhere.
    int commits_unanswered() { return count("AND wait_event = 'SyncRep'"); }
    void end_unanswered_commits() {
        run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop' AND "
            "wait_event = 'SyncRep'");
    }

    // How often something stands in PostgreSQL's own log.
    int times_written(const std::string& text) const {
        const std::string log = server_.log();
        int times = 0;
        for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
            ++times;
        return times;
    }

 private:
    int count(const std::string& which) {
        return static_cast<int>(
            number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop' " + which));
    }

    const postgres::PrivateServer& server_;
    postgres::Connection connection_;
};

}  // namespace support
