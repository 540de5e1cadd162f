// The ledger: what SQLite itself did, in any code under test.
//
// It asks nothing of that code. An automatic extension sees every connection open, the destructor
// of an SQL function that it registers on each sees it close, and a trace callback sees every
// statement begin and end. So nothing that a shop says of itself is believed, and nothing that it
// forgets is missed.
//
// One ledger a process, thread safe. `start()` begins a new page: what older connections do
// afterwards is not recorded.
// A connection here is what SQLite opens, numbered in the order of opening.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/settings.hpp"
#include "support/timeline.hpp"

struct sqlite3;

namespace support {

// How a connection's last transaction stands.
enum class TransactionState { none, open, committed, rolled_back };

struct ConnectionRecord {
    int number = 0;         // from 1
    std::string opened_by;  // a thread, as the timeline names it
    std::string closed_by;  // empty: still open
    std::vector<std::string>
        used_by;  // every thread that ran a statement on it, in order of appearance
    TransactionState transaction = TransactionState::none;
    bool closed_inside_transaction = false;
    // As they were when it began to work: at its first statement that writes or is inside a
    // transaction. Until then, as they were at its latest statement: one may ask something before
    // one configures. A PRAGMA or a BEGIN is no such statement.
    std::optional<Settings> settings;
    int commits = 0;  // COMMIT statements that it was given, also those that failed

    bool is_open() const { return closed_by.empty(); }
};

// One request, from before its handler to after it: seen on the worker's own thread, before the
// first byte of the reply leaves.
struct RequestRecord {
    std::string name;  // "alice POST /orders"
    int status = 0;    // 0: its handler has not returned
    int left_open =
        0;  // connections that this thread opened during the request and that are open after it
};

class Ledger {
 public:
    // The process's ledger. The first call registers the extension; throws std::runtime_error where
    // SQLite refuses that (Apple's own does).
    static Ledger& instance();

    void start();

    // Until the next `start()` a connection that is open after its request is no leak to the
    // timeline: a pool keeps it.
    void connections_are_kept();

    int open_connections() const;
    int opened_connections() const;
    std::vector<ConnectionRecord> connections() const;
    std::vector<RequestRecord> requests() const;

    // How many connections have a transaction open, and how many of those have written in it.
    int open_transactions() const;
    int open_writers() const;

    // Waits until no connection is open. False when one still is after `patience()`.
    [[nodiscard]] bool await_all_closed() const;

    // The next transaction that tries to commit is refused by
    // SQLite (SQLITE_CONSTRAINT) and rolled back.
    void refuse_next_commit();
    // The next COMMIT of a transaction that has written is refused (SQLITE_AUTH), and leaves it
    // open. One that commits without preparing that statement, by a RELEASE say, is refused as by
    // `refuse_next_commit`.
    void deny_next_commit();
    // From now on every ROLLBACK statement is refused (SQLITE_AUTH), until the next `start()`.
    void refuse_rollbacks();

    // From now on, until the next `start()`, called with each statement that is about to begin, on
    // the thread that runs it and before SQLite has taken a lock for it. It may use any connection
    // but that one, without waiting. An empty function ends it, once those that run have returned.
    using BeforeStatement = std::function<void(std::string_view sql)>;
    void before_each_statement(BeforeStatement call);

    // Puts a line of another kind into the timeline, under the calling thread.
    void note(std::string_view line);
    // How the timeline calls the calling thread, until the next `start()`.
    void i_am(std::string name);
    // Until the next `start()` the shop's connections are in another process, and its ledger's.
    void connections_are_elsewhere();

    // Called by the server's hooks, on its workers.
    void request_begins(std::string name);
    void request_ends(int status);

    // What happened since `start()`; then the same as text, which is empty when nothing did.
    Timeline story() const;
    std::string timeline() const;

    // Connections that this thread opens while an Unseen lives are not recorded: the test's own.
    class Unseen {
     public:
        Unseen();
        Unseen(const Unseen&) = delete;
        Unseen& operator=(const Unseen&) = delete;
        ~Unseen();

     private:
        bool before_;
    };

 private:
    Ledger();
    struct Page;
    friend struct Hooks;
    std::shared_ptr<Page> page() const;

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace support
