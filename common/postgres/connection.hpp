// A connection to PostgreSQL, over libpq, and nothing that libpq does not do. As in SQLiteCpp an
// error is an exception; unlike SQLite's, it has a code of five characters by which programs go:
// the SQLSTATE. Its text is for people, and in the language that the server was told to speak.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

struct pg_cancel;
struct pg_conn;
struct pg_result;

namespace postgres {

// "40001" serialization_failure, "40P01" deadlock_detected, "57P01" admin_shutdown, "53300"
// too_many_connections, "55P03" lock_not_available ... (PostgreSQL's manual, appendix A). Where the
// server said nothing any more it is "08006", connection_failure; where it could not be connected
// to, "08001", for any reason.
class Error : public std::runtime_error {
 public:
    Error(std::string sqlstate, const std::string& text)
        : std::runtime_error(text), sqlstate_(std::move(sqlstate)) {}
    const std::string& sqlstate() const { return sqlstate_; }

 private:
    std::string sqlstate_;
};

// What a statement came to. Values are text; a NULL is "".
class Result {
 public:
    explicit Result(pg_result* result) : result_(result) {}
    int rows() const;
    int rows_affected() const;  // by INSERT, UPDATE, DELETE
    std::string text(int row, int column) const;
    std::int64_t number(int row, int column) const;
    std::string tag() const;  // "COMMIT"

 private:
    struct Clear {
        void operator()(pg_result* result) const noexcept;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

// Is told of each statement before it is sent, on the thread
// that sends it; `user` is the connection's.
using Watcher = void (*)(const std::string& user, const std::string& sql);

// From now on `watcher` is told of every statement in this process; null: nobody is. Not while
// others may send one.
void watch_statements(Watcher watcher);

// One connection on the server, with a process of its own there.
// Movable; used by one thread at a time.
class Connection {
 public:
    // "host=/tmp/pg dbname=shop user=shop", see "Connection Strings" in libpq's manual. Unless the
    // address says otherwise it gives up on a server that does not answer within two seconds
    // (looking up the host's name not counted), and later on one whose machine has not been heard
    // of for about ten. The server ends a statement after half a minute ("57014"), and after ten
    // seconds one that waits for a lock ("55P03"). Throws Error.
    explicit Connection(const std::string& address);

    // One statement; $1, $2 in it are `values`. Waits for the server's answer. Throws Error, and
    // shop::Unavailable when it was ended by `cancel_statements`.
    Result exec(const std::string& sql, const std::vector<std::string>& values = {});

    // What this end knows, without asking the other: whether the connection was whole when it was
    // last used, and whether a transaction was open then, failed or not.
    bool is_connected() const;
    bool is_in_transaction() const;

 private:
    struct Finish {
        void operator()(pg_conn* connection) const noexcept;
    };
    std::unique_ptr<pg_conn, Finish> connection_;
    std::shared_ptr<pg_cancel> cancel_;
};

// The shop closes, and nobody waits for a statement any more: asks the server to end those that this
// process has under way. What begins a moment later is not ended, nor is what takes the request for
// somebody else's: so it is called again and again. From any thread. It waits for the server.
void cancel_statements();

// A transaction from here to the end of the block; rolled back unless it was committed.
class Transaction {
 public:
    // `isolation` is "READ COMMITTED", "REPEATABLE READ" or "SERIALIZABLE". Throws Error.
    Transaction(Connection& connection, const std::string& isolation);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    // Throws Error also where the server rolls back instead ("25P02"), which it does, without
    // calling it an error, when a statement of the transaction had failed.
    void commit();

 private:
    Connection& connection_;
};

}  // namespace postgres
