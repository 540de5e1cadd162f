// The ledger counts what SQLite did, in code that does not know of it.
#include "support/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/database_file.hpp"
#include "support/neighbour.hpp"
#include "support/sql_counts.hpp"

using support::DatabaseFile;
using support::Ledger;
using support::TransactionState;

namespace {

SQLite::Database open(const DatabaseFile& file) {
    return SQLite::Database(file.path(), SQLite::OPEN_READWRITE, 5000);
}

std::size_t position(const std::string& text, const std::string& part) {
    const std::size_t found = text.find(part);
    INFO("looked for: " << part << "\nin:\n" << text);
    CHECK(found != std::string::npos);
    return found;
}

}  // namespace

TEST_CASE("The ledger counts every connection of eight threads") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&file] {
            for (int i = 0; i < 200; ++i) {
                SQLite::Database connection = open(file);
                connection.exec("SELECT 1");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(ledger.opened_connections() == 1600);
    CHECK(ledger.open_connections() == 0);
    for (const auto& connection : ledger.connections())
        CHECK(connection.closed_by == connection.opened_by);
}

TEST_CASE("The ledger sees a connection that stays open, and its close") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    auto connection = std::make_unique<SQLite::Database>(open(file));
    CHECK(ledger.open_connections() == 1);
    std::thread([&connection] { connection.reset(); }).join();
    CHECK(ledger.await_all_closed());
    CHECK(ledger.connections().front().opened_by == "test");
    CHECK(ledger.connections().front().closed_by == "thread 1");
}

TEST_CASE("The ledger knows how each transaction stands and ended") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    const auto state = [&] { return ledger.connections().front().transaction; };
    {
        SQLite::Database connection = open(file);
        CHECK(state() == TransactionState::none);
        connection.exec("BEGIN");
        CHECK(state() == TransactionState::open);
        CHECK(ledger.open_transactions() == 1);
        connection.exec("SELECT stock FROM items");
        CHECK(ledger.open_writers() == 0);
        connection.exec("UPDATE items SET stock = 9 WHERE id = 1");
        CHECK(ledger.open_writers() == 1);
        connection.exec("COMMIT");
        CHECK(state() == TransactionState::committed);
        CHECK(ledger.open_writers() == 0);
        connection.exec("BEGIN");
        connection.exec("ROLLBACK");
        CHECK(state() == TransactionState::rolled_back);
        connection.exec("SAVEPOINT here");
        CHECK(state() == TransactionState::open);
    }
    CHECK(state() == TransactionState::rolled_back);
    CHECK(ledger.connections().front().closed_inside_transaction);
}

TEST_CASE("The ledger counts the commits of a connection, also those that fail") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; ROLLBACK");
    CHECK(ledger.connections().front().commits == 0);
    connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; COMMIT");
    CHECK(ledger.connections().front().commits == 1);
    CHECK_THROWS_AS(connection.exec("COMMIT"), SQLite::Exception);
    CHECK(ledger.connections().front().commits == 2);
}

TEST_CASE("What the test itself opens is not in the ledger") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
    file.run("UPDATE items SET stock = 3 WHERE id = 1");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 3);
    CHECK(ledger.opened_connections() == 0);
    const SQLite::Database connection = open(file);
    CHECK(ledger.opened_connections() == 1);
}

TEST_CASE("The ledger counts the statements that begin and the rows that they hand out") {
    const DatabaseFile file;
    SQLite::Database connection = open(file);
    const support::SqlCounts counts;
    CHECK(file.number("SELECT count(*) FROM items") == 3);  // the test's own
    CHECK(counts.statements() == 0);
    SQLite::Statement items(connection, "SELECT id FROM items");
    CHECK(counts.rows() == 0);
    items.executeStep();
    items.executeStep();
    CHECK(counts.rows() == 2);
    CHECK(counts.statements() == 1);
    items.reset();
    connection.exec("BEGIN TRANSACTION; COMMIT TRANSACTION");
    CHECK(counts.statements() == 3);
    CHECK(counts.rows() == 2);
}

TEST_CASE("A new page does not record what older connections do") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    {
        SQLite::Database old = open(file);
        ledger.start();
        old.exec("BEGIN");
        CHECK(ledger.open_transactions() == 0);
    }
    CHECK(ledger.opened_connections() == 0);
    CHECK(ledger.timeline().empty());
}

TEST_CASE("The test can make SQLite refuse a commit and every rollback") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    ledger.refuse_next_commit();
    connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1");
    CHECK_THROWS_AS(connection.exec("COMMIT"), SQLite::Exception);
    CHECK(ledger.connections().front().transaction == TransactionState::rolled_back);
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
    connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; COMMIT");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 1);

    ledger.refuse_rollbacks();
    connection.exec("BEGIN");
    CHECK_THROWS_AS(connection.exec("ROLLBACK"), SQLite::Exception);
    CHECK(ledger.open_transactions() == 1);
}

TEST_CASE("The test can make SQLite deny a COMMIT and leave the transaction open") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    // Code with a commit hook of its own does not get round it.
    sqlite3_commit_hook(
        connection.getHandle(), [](void*) { return 0; }, nullptr);
    ledger.deny_next_commit();
    connection.exec("BEGIN; SELECT stock FROM items; COMMIT");  // has written nothing
    connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1");
    CHECK(sqlite3_exec(connection.getHandle(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_AUTH);
    CHECK(ledger.open_transactions() == 1);
    CHECK(ledger.connections().front().commits == 2);
    position(ledger.timeline(), "COMMIT is refused by the test");
    connection.exec("ROLLBACK");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
    connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; COMMIT");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 1);
}

TEST_CASE("A commit without a COMMIT can be denied as well") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    ledger.deny_next_commit();
    connection.exec("SAVEPOINT request; UPDATE items SET stock = 1 WHERE id = 1");
    CHECK_THROWS_AS(connection.exec("RELEASE request"), SQLite::Exception);
    CHECK(ledger.connections().front().transaction != TransactionState::committed);
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
}

TEST_CASE("A request that leaves its connection open is recorded before its reply leaves") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    std::unique_ptr<SQLite::Database> leaked;
    std::thread worker([&] {
        ledger.request_begins("alice GET /items/1");
        leaked = std::make_unique<SQLite::Database>(open(file));
        { const SQLite::Database closed = open(file); }
        ledger.request_ends(404);
    });
    worker.join();
    REQUIRE(ledger.requests().size() == 1);
    CHECK(ledger.requests().front().status == 404);
    CHECK(ledger.requests().front().left_open == 1);
    position(ledger.timeline(), "is told 404  <- leaves 1 open behind it");
    position(ledger.timeline(), "connection 1: opened by alice (worker 1); LEAKED");
    ledger.connections_are_kept();
    position(ledger.timeline(), "connection 1: opened by alice (worker 1); still open");
}

TEST_CASE("What a request does with its connection after its reply is still its own") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    std::thread worker([&] {
        ledger.request_begins("alice POST /orders");
        SQLite::Database connection = open(file);
        connection.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1");
        ledger.request_ends(201);
        connection.exec("COMMIT");
    });
    worker.join();
    const auto connection = ledger.connections().front();
    CHECK(connection.closed_by == connection.opened_by);
    CHECK(connection.used_by.size() == 1);
    position(ledger.timeline(), "COMMIT  <- after the reply\n");
    position(ledger.timeline(), "closed  <- after the reply\n");
    CHECK(ledger.timeline().find("shared") == std::string::npos);
}

TEST_CASE("The timeline tells who did what inside whose transaction") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    const auto as = [&](const char* request, const char* sql) {
        std::thread([&] {
            ledger.request_begins(request);
            try {
                connection.exec(sql);
            } catch (const SQLite::Exception&) {
                // the timeline has it
            }
            ledger.request_ends(200);
        }).join();
    };
    as("alice POST /orders", "BEGIN");
    as("bob POST /reviews", "INSERT INTO reviews (item_id, text) VALUES (1, 'Pours well.')");
    as("carol POST /orders", "BEGIN");
    as("alice POST /orders", "ROLLBACK");
    const std::string timeline = ledger.timeline();
    const std::size_t begin = position(timeline, "alice (worker 1)              POST /orders");
    const std::size_t insert = position(timeline, "<- inside alice's transaction");
    const std::size_t refused =
        position(timeline, "BEGIN  <- refused: alice's transaction is still open");
    const std::size_t undone =
        position(timeline, "ROLLBACK  <- undoes also what was written by bob");
    CHECK(begin < insert);
    CHECK(insert < refused);
    CHECK(refused < undone);
}

TEST_CASE("The timeline leaves out a request's pragmas that only ask") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    {
        SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE);
        connection.execAndGet("PRAGMA synchronous");
        std::thread worker([&] {
            ledger.request_begins("alice GET /items/1");
            connection.execAndGet("PRAGMA query_only");
            connection.exec("PRAGMA foreign_keys = ON");
            ledger.request_ends(200);
        });
        worker.join();
    }
    const std::string timeline = ledger.timeline();
    CHECK(timeline.find("PRAGMA synchronous") != std::string::npos);  // the test's own
    CHECK(timeline.find("PRAGMA query_only") == std::string::npos);
    CHECK(timeline.find("PRAGMA foreign_keys = ON") != std::string::npos);
}

TEST_CASE("Settings that are read one after another are one line") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE);
    connection.execAndGet("PRAGMA synchronous");
    connection.execAndGet("PRAGMA foreign_keys");
    connection.execAndGet("PRAGMA busy_timeout");
    connection.execAndGet("PRAGMA cache_size");
    connection.exec("PRAGMA foreign_keys = ON");
    connection.execAndGet("PRAGMA foreign_keys");
    const std::string timeline = ledger.timeline();
    position(timeline, "  4 settings read\n");
    position(timeline, "PRAGMA foreign_keys = ON\n");
    position(timeline, "PRAGMA foreign_keys\n");
    CHECK(timeline.find("synchronous") == std::string::npos);
    CHECK(timeline.find("busy_timeout") == std::string::npos);
}

TEST_CASE("A timeline does not leave out a handful") {
    Ledger& ledger = Ledger::instance();
    ledger.start();
    for (int i = 0; i < 52; ++i) ledger.note("event " + std::to_string(i));
    const std::string timeline = ledger.timeline();
    CHECK(timeline.find("left out") == std::string::npos);
    position(timeline, "event 30\n");
}

TEST_CASE("What a long timeline leaves out is what says least") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    std::optional<SQLite::Database> leaked;
    const auto looks = [&](int times) {
        for (int i = 0; i < times; ++i) {
            std::thread([&] {
                ledger.request_begins("bob GET /items/1");
                {
                    SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE);
                    connection.execAndGet("SELECT stock FROM items WHERE id = 1");
                }
                ledger.request_ends(200);
            }).join();
        }
    };
    looks(20);
    std::thread([&] {
        ledger.request_begins("alice GET /items/77");
        leaked.emplace(file.path(), SQLite::OPEN_READWRITE);
        leaked->exec("SELECT stock FROM items WHERE id = 77");
        ledger.request_ends(404);
    }).join();
    looks(20);
    const std::string timeline = ledger.timeline();
    CHECK(std::count(timeline.begin(), timeline.end(), '\n') < 110);
    position(timeline, "SELECT stock FROM items WHERE id = 77\n");
    position(timeline, "is told 404  <- leaves 1 open behind it\n");
    position(timeline, "connection 21: opened by alice");
    position(timeline, "lines left out");
    for (std::size_t at = timeline.find("...  "); at != std::string::npos;
         at = timeline.find("...  ", at + 1)) {
        CHECK(std::stoi(timeline.substr(at + 5)) >= 8);
    }
}

TEST_CASE("A long timeline loses its middle and says so") {
    Ledger& ledger = Ledger::instance();
    ledger.start();
    for (int i = 0; i < 100; ++i) ledger.note("event " + std::to_string(i));
    const std::string timeline = ledger.timeline();
    position(timeline, "event 0\n");
    position(timeline, "event 99\n");
    position(timeline, "52 lines left out");
    CHECK(timeline.find("event 50\n") == std::string::npos);
}

TEST_CASE("The ledger calls before each statement, until it is told to stop") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    std::vector<std::string> said;
    ledger.before_each_statement([&](std::string_view sql) { said.emplace_back(sql); });
    connection.exec("BEGIN");
    SQLite::Statement query(connection, "SELECT title FROM items WHERE id = ?");
    query.bind(1, 2);
    query.executeStep();
    query.reset();
    ledger.before_each_statement({});
    connection.exec("COMMIT");
    CHECK(said == std::vector<std::string>{"BEGIN", "SELECT title FROM items WHERE id = 2"});
}

TEST_CASE("A neighbour writes at its moment, unless it would have to wait") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database connection = open(file);
    const std::string take = "UPDATE items SET stock = stock - 1 WHERE id = 1";
    {
        const support::Neighbour neighbour(file, take, 3);
        connection.exec("BEGIN");
        connection.exec("SELECT stock FROM items");
        CHECK(neighbour.came_before().empty());
        // It comes before the lock for this statement is taken, so what was read is stale.
        CHECK(connection.tryExec("UPDATE items SET title = 'Pot' WHERE id = 1") == SQLITE_BUSY);
        CHECK(connection.getExtendedErrorCode() == SQLITE_BUSY_SNAPSHOT);
        CHECK(neighbour.came_before() == "UPDATE items SET title = 'Pot' WHERE id = 1");
        CHECK(neighbour.changed() == 1);
        connection.exec("ROLLBACK");
    }
    {
        const support::Neighbour neighbour(file, take, 2);
        connection.exec("BEGIN IMMEDIATE");
        connection.exec("SELECT stock FROM items");
        CHECK(neighbour.came_before() == "SELECT stock FROM items");
        CHECK(neighbour.changed() == 0);
        connection.exec("COMMIT");
    }
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 9);
    CHECK(ledger.opened_connections() == 1);
}
