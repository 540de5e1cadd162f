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
#include "support/reading.hpp"

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
                SQLite::Database session = open(file);
                session.exec("SELECT 1");
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(ledger.opened_sessions() == 1600);
    CHECK(ledger.open_sessions() == 0);
    for (const auto& session : ledger.sessions()) CHECK(session.closed_by == session.opened_by);
}

TEST_CASE("The ledger sees a session that stays open, and its close") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    auto session = std::make_unique<SQLite::Database>(open(file));
    CHECK(ledger.open_sessions() == 1);
    std::thread([&session] { session.reset(); }).join();
    CHECK(ledger.await_all_closed());
    CHECK(ledger.sessions().front().opened_by == "test");
    CHECK(ledger.sessions().front().closed_by == "thread 1");
}

TEST_CASE("The ledger knows how each transaction stands and ended") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    const auto state = [&] { return ledger.sessions().front().transaction; };
    {
        SQLite::Database session = open(file);
        CHECK(state() == TransactionState::none);
        session.exec("BEGIN");
        CHECK(state() == TransactionState::open);
        CHECK(ledger.open_transactions() == 1);
        session.exec("SELECT stock FROM items");
        CHECK(ledger.open_writers() == 0);
        session.exec("UPDATE items SET stock = 9 WHERE id = 1");
        CHECK(ledger.open_writers() == 1);
        session.exec("COMMIT");
        CHECK(state() == TransactionState::committed);
        CHECK(ledger.open_writers() == 0);
        session.exec("BEGIN");
        session.exec("ROLLBACK");
        CHECK(state() == TransactionState::rolled_back);
        session.exec("SAVEPOINT here");
        CHECK(state() == TransactionState::open);
    }
    CHECK(state() == TransactionState::rolled_back);
    CHECK(ledger.sessions().front().closed_inside_transaction);
}

TEST_CASE("The ledger counts the commits of a session, also those that fail") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database session = open(file);
    session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; ROLLBACK");
    CHECK(ledger.sessions().front().commits == 0);
    session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; COMMIT");
    CHECK(ledger.sessions().front().commits == 1);
    CHECK_THROWS_AS(session.exec("COMMIT"), SQLite::Exception);
    CHECK(ledger.sessions().front().commits == 2);
}

TEST_CASE("What the test itself opens is not in the ledger") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
    file.run("UPDATE items SET stock = 3 WHERE id = 1");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 3);
    CHECK(ledger.opened_sessions() == 0);
    const SQLite::Database session = open(file);
    CHECK(ledger.opened_sessions() == 1);
}

TEST_CASE("The ledger counts the statements that begin and the rows that they hand out") {
    const DatabaseFile file;
    SQLite::Database session = open(file);
    const support::Reading reading;
    CHECK(file.number("SELECT count(*) FROM items") == 3);  // the test's own
    CHECK(reading.statements() == 0);
    SQLite::Statement items(session, "SELECT id FROM items");
    CHECK(reading.rows() == 0);
    items.executeStep();
    items.executeStep();
    CHECK(reading.rows() == 2);
    CHECK(reading.statements() == 1);
    items.reset();
    session.exec("BEGIN TRANSACTION; COMMIT TRANSACTION");
    CHECK(reading.statements() == 3);
    CHECK(reading.rows() == 2);
}

TEST_CASE("A new page does not record what older sessions do") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    {
        SQLite::Database old = open(file);
        ledger.start();
        old.exec("BEGIN");
        CHECK(ledger.open_transactions() == 0);
    }
    CHECK(ledger.opened_sessions() == 0);
    CHECK(ledger.timeline().empty());
}

TEST_CASE("The test can make SQLite refuse a commit and every rollback") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database session = open(file);
    ledger.refuse_next_commit();
    session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1");
    CHECK_THROWS_AS(session.exec("COMMIT"), SQLite::Exception);
    CHECK(ledger.sessions().front().transaction == TransactionState::rolled_back);
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
    session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; COMMIT");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 1);

    ledger.refuse_rollbacks();
    session.exec("BEGIN");
    CHECK_THROWS_AS(session.exec("ROLLBACK"), SQLite::Exception);
    CHECK(ledger.open_transactions() == 1);
}

TEST_CASE("The test can make SQLite deny a COMMIT and leave the transaction open") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database session = open(file);
    // Whoever hooks the commit himself does not get round it.
    sqlite3_commit_hook(
        session.getHandle(), [](void*) { return 0; }, nullptr);
    ledger.deny_next_commit();
    session.exec("BEGIN; SELECT stock FROM items; COMMIT");  // has written nothing
    session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1");
    CHECK(sqlite3_exec(session.getHandle(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_AUTH);
    CHECK(ledger.open_transactions() == 1);
    CHECK(ledger.sessions().front().commits == 2);
    position(ledger.timeline(), "COMMIT is refused by the test");
    session.exec("ROLLBACK");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
    session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1; COMMIT");
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 1);
}

TEST_CASE("A commit without a COMMIT can be denied as well") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database session = open(file);
    ledger.deny_next_commit();
    session.exec("SAVEPOINT request; UPDATE items SET stock = 1 WHERE id = 1");
    CHECK_THROWS_AS(session.exec("RELEASE request"), SQLite::Exception);
    CHECK(ledger.sessions().front().transaction != TransactionState::committed);
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 10);
}

TEST_CASE("A request that leaves its session open is recorded before its reply leaves") {
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
    position(ledger.timeline(), "session 1: opened by alice (worker 1); LEAKED");
    ledger.sessions_are_kept();
    position(ledger.timeline(), "session 1: opened by alice (worker 1); still open");
}

TEST_CASE("What a request does with its session after its reply is still its own") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    std::thread worker([&] {
        ledger.request_begins("alice POST /orders");
        SQLite::Database session = open(file);
        session.exec("BEGIN; UPDATE items SET stock = 1 WHERE id = 1");
        ledger.request_ends(201);
        session.exec("COMMIT");
    });
    worker.join();
    const auto session = ledger.sessions().front();
    CHECK(session.closed_by == session.opened_by);
    CHECK(session.used_by.size() == 1);
    position(ledger.timeline(), "COMMIT  <- after the reply\n");
    position(ledger.timeline(), "closed  <- after the reply\n");
    CHECK(ledger.timeline().find("shared") == std::string::npos);
}

TEST_CASE("The timeline tells who did what inside whose transaction") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database session = open(file);
    const auto as = [&](const char* request, const char* sql) {
        std::thread([&] {
            ledger.request_begins(request);
            try {
                session.exec(sql);
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
    const std::size_t begin = position(timeline, "alice (worker 1)           POST /orders");
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
        SQLite::Database session(file.path(), SQLite::OPEN_READWRITE);
        session.execAndGet("PRAGMA synchronous");
        std::thread worker([&] {
            ledger.request_begins("alice GET /items/1");
            session.execAndGet("PRAGMA query_only");
            session.exec("PRAGMA foreign_keys = ON");
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
    SQLite::Database session(file.path(), SQLite::OPEN_READWRITE);
    session.execAndGet("PRAGMA synchronous");
    session.execAndGet("PRAGMA foreign_keys");
    session.execAndGet("PRAGMA busy_timeout");
    session.execAndGet("PRAGMA cache_size");
    session.exec("PRAGMA foreign_keys = ON");
    session.execAndGet("PRAGMA foreign_keys");
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
                    SQLite::Database session(file.path(), SQLite::OPEN_READWRITE);
                    session.execAndGet("SELECT stock FROM items WHERE id = 1");
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
    position(timeline, "session 21: opened by alice");
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
    SQLite::Database session = open(file);
    std::vector<std::string> said;
    ledger.before_each_statement([&](std::string_view sql) { said.emplace_back(sql); });
    session.exec("BEGIN");
    SQLite::Statement query(session, "SELECT title FROM items WHERE id = ?");
    query.bind(1, 2);
    query.executeStep();
    query.reset();
    ledger.before_each_statement({});
    session.exec("COMMIT");
    CHECK(said == std::vector<std::string>{"BEGIN", "SELECT title FROM items WHERE id = 2"});
}

TEST_CASE("A neighbour writes at its moment, unless it would have to wait") {
    const DatabaseFile file;
    Ledger& ledger = Ledger::instance();
    ledger.start();
    SQLite::Database session = open(file);
    const std::string take = "UPDATE items SET stock = stock - 1 WHERE id = 1";
    {
        const support::Neighbour neighbour(file, take, 3);
        session.exec("BEGIN");
        session.exec("SELECT stock FROM items");
        CHECK(neighbour.came_before().empty());
        // It comes before the lock for this statement is taken, so what was read is stale.
        CHECK(session.tryExec("UPDATE items SET title = 'Pot' WHERE id = 1") == SQLITE_BUSY);
        CHECK(session.getExtendedErrorCode() == SQLITE_BUSY_SNAPSHOT);
        CHECK(neighbour.came_before() == "UPDATE items SET title = 'Pot' WHERE id = 1");
        CHECK(neighbour.changed() == 1);
        session.exec("ROLLBACK");
    }
    {
        const support::Neighbour neighbour(file, take, 2);
        session.exec("BEGIN IMMEDIATE");
        session.exec("SELECT stock FROM items");
        CHECK(neighbour.came_before() == "SELECT stock FROM items");
        CHECK(neighbour.changed() == 0);
        session.exec("COMMIT");
    }
    CHECK(file.number("SELECT stock FROM items WHERE id = 1") == 9);
    CHECK(ledger.opened_sessions() == 1);
}
