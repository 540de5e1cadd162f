// 11 dirty or stale: no borrower finds what another has left on a connection, and no connection
// leads to a database that is gone.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "11_dirty_or_stale/subject.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/fake_pool.hpp"
#include "support/gate.hpp"
#include "support/halt.hpp"
#include "support/meanwhile.hpp"
#include "support/metrics.hpp"
#include "support/running_shop.hpp"
#include "support/settings.hpp"
#include "support/test_clock.hpp"

using namespace std::chrono_literals;
using namespace pool_tests;
using support::Customer;
using support::DatabaseFile;
using support::FakeManager;
using support::FakePool;
using support::Gate;
using support::Halt;
using support::Ledger;
using support::Meanwhile;
using support::PooledShop;
using support::PoolExhausted;
using support::PoolStats;
using support::Reply;
using support::TestClock;

namespace {

using ConnectionPool = support::PoolUnderTest<OnDatabase>;

OnDatabase manager_of(const DatabaseFile& database) {
    return {database.path()};
}

// Whether another connection can begin to write now, without waiting for anybody.
bool can_be_written(const DatabaseFile& database) {
    const Ledger::Unseen unseen;
    SQLite::Database other(database.path(), SQLite::OPEN_READWRITE);
    return other.tryExec("BEGIN IMMEDIATE") == SQLITE_OK;
}

// Steps a statement once and forgets it.
void leave_running(SQLite::Database& connection, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection.getHandle(), sql, -1, &statement, nullptr);
    sqlite3_step(statement);
}

int running_statements(SQLite::Database& connection) {
    int running = 0;
    sqlite3_stmt* statement = nullptr;
    while ((statement = sqlite3_next_stmt(connection.getHandle(), statement)) != nullptr) {
        if (sqlite3_stmt_busy(statement) != 0) ++running;
    }
    return running;
}

bool has_statement(SQLite::Database& connection, const sqlite3_stmt* wanted) {
    sqlite3_stmt* statement = nullptr;
    while ((statement = sqlite3_next_stmt(connection.getHandle(), statement)) != nullptr) {
        if (statement == wanted) return true;
    }
    return false;
}

// What is open on a connection that should have nothing open: "" when nothing is.
std::string left_open(SQLite::Database& connection) {
    if (sqlite3_get_autocommit(connection.getHandle()) == 0) return "an open transaction";
    if (running_statements(connection) > 0) return "a statement that is still running";
    if (sqlite3_txn_state(connection.getHandle(), nullptr) != SQLITE_TXN_NONE) {
        return "a snapshot that is still held";
    }
    return "";
}

std::string settings_of(SQLite::Database& connection) {
    const support::Settings settings = support::read_settings(connection.getHandle());
    return fmt::format("{} {} {} {}", settings.foreign_keys, settings.busy_timeout_ms,
                       settings.synchronous, connection.execAndGet("PRAGMA query_only").getInt());
}

// So that neither the ledger nor a pool that looks again only after something has happened has a
// reason to look at a connection's settings.
void work_for_long(ConnectionPool& pool) {
    for (int i = 0; i < 3; ++i) {
        pool.acquire("bob", 0ms)->exec("UPDATE items SET stock = 10 WHERE id = 1");
    }
}

int allow_all(void*, int, const char*, const char*, const char*, const char*) {
    return SQLITE_OK;
}

// What a borrower may do to a connection's settings, and how that is called.
std::vector<std::pair<std::string, std::function<void(SQLite::Database&)>>>
ways_to_change_settings() {
    std::vector<std::pair<std::string, std::function<void(SQLite::Database&)>>> ways;
    for (const std::string sql :
         {"PRAGMA foreign_keys = OFF", "PRAGMA query_only = ON", "PRAGMA busy_timeout = 0",
          "PRAGMA synchronous = OFF", "PRAGMA busy_timeout = 7; PRAGMA synchronous = EXTRA",
          "PRAGMA foreign_keys = OFF; BEGIN", "PRAGMA synchronous = OFF; SAVEPOINT a",
          "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; UPDATE items SET stock = 0"}) {
        ways.emplace_back(sql, [sql](auto& connection) { connection.exec(sql); });
    }
    ways.emplace_back("sqlite3_busy_timeout",
                      [](auto& connection) { sqlite3_busy_timeout(connection.getHandle(), 7); });
    ways.emplace_back("sqlite3_db_config", [](auto& connection) {
        sqlite3_db_config(connection.getHandle(), SQLITE_DBCONFIG_ENABLE_FKEY, 0,
                          static_cast<int*>(nullptr));
    });
    ways.emplace_back("an authorizer, PRAGMA synchronous = OFF", [](auto& connection) {
        sqlite3_set_authorizer(connection.getHandle(), allow_all, nullptr);
        connection.exec("PRAGMA synchronous = OFF");
    });
    ways.emplace_back("PRAGMA synchronous = OFF, an authorizer", [](auto& connection) {
        connection.exec("PRAGMA synchronous = OFF");
        sqlite3_set_authorizer(connection.getHandle(), allow_all, nullptr);
    });
    ways.emplace_back("no authorizer, PRAGMA synchronous = OFF", [](auto& connection) {
        sqlite3_set_authorizer(connection.getHandle(), nullptr, nullptr);
        connection.exec("PRAGMA synchronous = OFF");
    });
    return ways;
}

void add_to(std::string& list, const std::string& what) {
    list += (list.empty() ? "“" : ", “") + what + "”";
}

std::string list(const PoolStats& stats) {
    std::string text;
    for (const auto& [holder, count] : stats.dirty_returns) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", holder, count);
    }
    return text.empty() ? "nobody" : text;
}

// Another database comes into the place of the shop's, as when a backup is restored: `sql` says how
// it differs from that of the first day.
void restore_backup(const DatabaseFile& database, const std::string& sql) {
    const std::filesystem::path file = database.path();
    const std::filesystem::path backup = file.string() + ".backup";
    {
        const Ledger::Unseen unseen;
        shop::create_database(backup);
        SQLite::Database(backup.string(), SQLite::OPEN_READWRITE).exec(sql);
    }
    database.number("PRAGMA wal_checkpoint(TRUNCATE)");
    std::filesystem::remove(file.string() + "-wal");
    std::filesystem::remove(file.string() + "-shm");
    std::filesystem::rename(backup, file);
}

// As many leases at the same moment as there are connections.
// Nobody waits: a caller gets one at once or not at all.
std::vector<ConnectionPool::Lease> lend_all(ConnectionPool& pool, int connections,
                                            const std::string& holder) {
    std::vector<ConnectionPool::Lease> leases;
    try {
        for (int i = 0; i < connections; ++i) leases.push_back(pool.acquire(holder, 0ms));
    } catch (const PoolExhausted&) {  // then these are all
    }
    return leases;
}

int closed(int from, int to) {
    int count = 0;
    for (const auto& connection : Ledger::instance().connections()) {
        if (connection.number >= from && connection.number <= to && !connection.is_open()) ++count;
    }
    return count;
}

// Something that is done on a thread of its own, in which the program may come to its end: then the
// thread stops there for good, and the test goes on and says so.
class Experiment {
 public:
    // False: an exception came to a function that lets none out.
    [[nodiscard]] static bool is_survived(std::function<void()> work) {
        const auto state = std::make_shared<State>();
        std::thread thread([state, work = std::move(work)] {
            of_this_thread = state.get();
            work();
            state->end.set_value(true);
        });
        const bool survived = state->end.get_future().get();
        if (survived) thread.join();
        if (!survived) thread.detach();
        return survived;
    }

 private:
    struct State {
        std::promise<bool> end;  // true: it has come to its end
    };

    // Instead of std::terminate's usual handler, which does not know what a lease is.
    static void terminate() {
        if (of_this_thread != nullptr) {
            of_this_thread->end.set_value(false);
            std::promise<void>().get_future().wait();
        }
        if (std::uncaught_exceptions() > 0 || std::current_exception()) {
            std::fputs(
                "terminate called: an exception came out of the end of a lease, or of another "
                "noexcept function: reset of the manager may throw, and the pool must catch it\n",
                stderr);
        }
        usual();
        std::abort();
    }
    inline static thread_local State* of_this_thread = nullptr;
    inline static const std::terminate_handler usual = std::set_terminate(terminate);
};

// Two customers: one who is to be held, and one who comes then. The first is let go at the end.
class Two {
 public:
    explicit Two(Halt& halt) : halt_(halt) {}
    Two(const Two&) = delete;
    Two& operator=(const Two&) = delete;
    ~Two() { halt_.let_go(); }

    void first(std::function<void()> work) { first_.emplace(std::move(work)); }
    // Waits for it. False: he has come to his end without it.
    bool first_is_held() const {
        return support::await([this] { return halt_.has_been_reached() || first_->is_over(); }) &&
               halt_.has_been_reached();
    }
    // False: not within `patience()`, or he was turned away.
    bool second_is_served(const std::function<void()>& work) {
        second_.emplace([this, work] {
            try {
                work();
                served_ = true;
            } catch (const PoolExhausted&) {  // then not
            }
        });
        return second_->ends() && served_ && !halt_.was_in_vain();
    }

 private:
    Halt& halt_;
    std::atomic<bool> served_{false};
    std::optional<Meanwhile> first_;  // joined after he was let go
    std::optional<Meanwhile> second_;
};

}  // namespace

// What the night shift leaves behind.

TEST_CASE("Bob orders after the stocktaking", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");
    Customer bob = shop.customer("bob");

    NEED(carol.posts("/stocktaking/1", "10").status == 200, "The shelf could not be counted.");
    const Reply order = bob.orders(shop::teapot, 1);

    EXPECT(order.status == 201,
           fmt::format("Bob ordered a teapot and was told {}. His handler has no transaction open; "
                       "the connection that the pool lent him has: the stocktaking's.",
                       order.told()));
    EXPECT(shop.orders_of("bob") == (order.status == 201 ? 1 : 0),
           "What Bob was told about his order is not what is in the database.");
}

TEST_CASE("A review is kept and the broken-off count before it is not", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");
    Customer bob = shop.customer("bob");

    NEED(carol.posts("/stocktaking/1", "10").status == 200, "The shelf could not be counted.");
    NEED(bob.posts("/reviews", R"({"item_id":1,"text":"Pours well."})").status == 201,
         "Bob's review was not taken.");

    EXPECT(shop.database().number("SELECT count(*) FROM audits") == 0,
           "The stocktaking gave up without a COMMIT, and what it had written by then is in the "
           "database: somebody committed it for her.");
    EXPECT(shop.reviews() == 1,
           "Bob was told 201, and his review is not in the database: it was written inside the "
           "stocktaking's transaction, which nobody is going to commit.");
}

TEST_CASE("After the stocktaking everybody can write at once", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");

    NEED(carol.posts("/stocktaking/1", "10").status == 200, "The shelf could not be counted.");

    EXPECT(can_be_written(shop.database()),
           "The stocktaking is over, nobody uses its connection, and still the connection holds "
           "the database's one write lock. It has to let go when it comes back; who is to come "
           "next, and when, nobody knows.");
}

TEST_CASE("After the bestseller was looked up the shelf is read anew", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");
    Customer bob = shop.customer("bob");

    NEED(carol.gets("/bestseller").status == 200, "There is no bestseller.");
    shop.database().run("UPDATE items SET stock = 7 WHERE id = 1");

    EXPECT(
        bob.gets("/items/1").number("/item/stock") == 7,
        "Seven teapots are on the shelf, and Bob is shown as many as there were when somebody "
        "looked up the bestseller: that statement is still running on the connection which he got, "
        "and holds its snapshot.");
    const Reply order = bob.orders(shop::teapot, 1);
    EXPECT(order.status == 201,
           fmt::format("Bob was told {}: a statement that somebody has left running reads an old "
                       "snapshot, and on top of that nobody may write.",
                       order.told()));
}

TEST_CASE("After a newcomer was welcomed everybody can write at once", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");

    NEED(carol.posts("/newcomers", "erin").status == 201, "Erin was not welcomed.");

    EXPECT(can_be_written(shop.database()),
           "No transaction was begun, and still a connection that nobody uses holds the database's "
           "write lock: it was left with an INSERT … RETURNING that has given its row and has not "
           "come to its end.");
    EXPECT(shop.database().number("SELECT count(*) FROM customers WHERE name = 'erin'") == 1,
           "Erin was told 201, and the shop does not know her.");
}

TEST_CASE("Bob orders after the report", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");
    Customer bob = shop.customer("bob");

    NEED(carol.gets("/report").status == 200, "There is no report.");
    const Reply order = bob.orders(shop::teapot, 1);

    EXPECT(order.status == 201,
           fmt::format("Bob was told {}: his connection has query_only set, by somebody who made a "
                       "report on it before him.",
                       order.told()));
}

TEST_CASE("Every dirty return is counted under its holder's name", "[pitfall][stage 1]") {
    PooledShop shop;
    Customer carol = shop.customer("carol");

    NEED(carol.posts("/stocktaking/1", "10").status == 200, "The shelf could not be counted.");
    NEED(carol.posts("/newcomers", "erin").status == 201, "Erin was not welcomed.");
    NEED(carol.posts("/newcomers", "frank").status == 201, "Frank was not welcomed.");
    NEED(carol.gets("/bestseller").status == 200, "There is no bestseller.");
    NEED(carol.gets("/report").status == 200, "There is no report.");
    NEED(carol.gets("/items/1").status == 200, "There is no teapot.");
    const std::string metrics = carol.gets("/metrics").body;

    const auto says = [&](const std::string& holder, int count) {
        return metrics.find(fmt::format("pool_dirty_returns_total{{holder=\"{}\"}} {}\n", holder,
                                        count)) != std::string::npos;
    };
    for (const auto& [holder, count] :
         std::vector<std::pair<std::string, int>>{{"POST /stocktaking", 1},
                                                  {"POST /newcomers", 2},
                                                  {"GET /bestseller", 1},
                                                  {"GET /report", 1}}) {
        EXPECT(
            says(holder, count),
            fmt::format("{} has left its connection dirty, {}, and /metrics does not say so. What "
                        "is cleaned in silence is never fixed.",
                        holder, count == 1 ? "once" : "twice"));
    }
    EXPECT(metrics.find("\"GET /items\"") == std::string::npos,
           "GET /items has left nothing behind, and is counted among those that do.");
}

TEST_CASE("A lease that an exception ends is cleaned up after and counted", "[pitfall][stage 1]") {
    {
        PooledShop shop;
        Customer carol = shop.customer("carol");
        NEED(carol.posts("/stocktaking/99", "10").status == 404, "There is an item 99.");
        EXPECT(can_be_written(shop.database()),
               "The stocktaking found no such item and broke off with an exception. It is over, "
               "and its connection still holds the database's one write lock.");
        const bool is_counted =
            carol.gets("/metrics")
                .body.find("pool_dirty_returns_total{holder=\"POST /stocktaking\"} 1\n") !=
            std::string::npos;
        EXPECT(is_counted,
               "The stocktaking broke off with an exception and left its transaction open, and "
               "/metrics does not say so.");
    }
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    try {
        const auto lease = pool.acquire("dave", 0ms);
        lease->exec("BEGIN IMMEDIATE");
        throw std::runtime_error("dave breaks off");
    } catch (const std::runtime_error&) {  // as it should be
    }
    EXPECT(
        can_be_written(database),
        "Dave threw while he had a transaction open. His connection has come back, and holds the "
        "write lock.");
    EXPECT(pool.stats().dirty_returns["dave"] == 1,
           fmt::format(
               "Dave threw while he had a transaction open, which makes one dirty return of his: "
               "nobody leaves more behind than those who leave in a hurry. Counted: {}.",
               list(pool.stats())));
    EXPECT(static_cast<int>(pool.stats().discarded) == closed(1, 1),
           fmt::format("Connections that were closed after Dave: {}. The pool says that it has "
                       "discarded {}. To be cleaned is not to be discarded.",
                       closed(1, 1), pool.stats().discarded));
}

// What anybody could leave behind.

TEST_CASE("Every setting is as it was", "[pitfall][stage 1]") {
    const DatabaseFile database;
    std::string passed_on;
    std::string not_counted;
    for (const auto& [name, change] : ways_to_change_settings()) {
        Ledger::instance().start();
        ConnectionPool pool(manager_of(database), {.max_connections = 1});
        const std::string before = settings_of(*pool.acquire("bob", 0ms));
        const auto is_cleaned_after = [&, &changes = change] {
            { changes(*pool.acquire("carol", 0ms)); }
            return settings_of(*pool.acquire("bob", 0ms)) == before;
        };
        const bool is_cleaned = is_cleaned_after();
        if (is_cleaned) work_for_long(pool);
        if (!is_cleaned || !is_cleaned_after()) add_to(passed_on, name);
        if (pool.stats().dirty_returns["carol"] != (is_cleaned ? 2 : 1)) add_to(not_counted, name);
    }
    EXPECT(
        passed_on.empty(),
        "Somebody gave a connection back, and changed settings were passed on, after " + passed_on);
    EXPECT(not_counted.empty(),
           "Somebody gave a connection back, and it was not counted, or more than once, after " +
               not_counted);
}

TEST_CASE("Nobody sees what another has created for himself", "[pitfall][stage 2]") {
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    const auto stock = [&] {
        return pool.acquire("bob", 0ms)
            ->execAndGet("SELECT stock FROM items WHERE id = 1")
            .getInt();
    };
    NEED(stock() == 10, "There are not ten teapots.");

    {
        pool.acquire("carol", 0ms)
            ->exec("CREATE TEMP TABLE items AS SELECT id, title, 0 AS stock FROM main.items");
    }
    EXPECT(stock() == 10,
           "Bob was shown an item out of Carol's temporary table: it has the name of a real one, "
           "stays as long as the connection, and comes first.");
    EXPECT(
        pool.stats().dirty_returns["carol"] == 1,
        fmt::format(
            "Carol has left a temporary table behind, which makes one dirty return of hers; counted: {}.",
            list(pool.stats())));

    {
        pool.acquire("erin", 0ms)
            ->exec("CREATE TEMP VIEW reviews AS SELECT 1 AS id, 1 AS item_id, 'Drips.' AS text");
    }
    EXPECT(pool.acquire("bob", 0ms)->execAndGet("SELECT count(*) FROM reviews").getInt() == 0,
           "Bob was shown a review out of Erin's temporary view: a table is not all that can hide "
           "a real one.");

    {
        pool.acquire("frank", 0ms)
            ->exec(
                "CREATE TEMP TRIGGER grab AFTER INSERT ON main.reviews BEGIN UPDATE items SET "
                "stock = 0; END");
    }
    pool.acquire("bob", 0ms)
        ->exec("INSERT INTO main.reviews (item_id, text) VALUES (1, 'Pours well.')");
    EXPECT(stock() == 10,
           "Bob wrote a review, and a temporary trigger that Frank had left on the connection took "
           "every teapot off the shelf.");

    { pool.acquire("dave", 0ms)->exec("ATTACH ':memory:' AS archive"); }
    const auto lease = pool.acquire("bob", 0ms);
    EXPECT(lease->execAndGet("SELECT count(*) FROM pragma_database_list WHERE name = 'archive'")
                   .getInt() == 0,
           "Bob's connection has a database attached that is Dave's.");
    const PoolStats stats = pool.stats();
    for (const char* who : {"erin", "frank", "dave"}) {
        EXPECT(
            (stats.dirty_returns.count(who) == 1 && stats.dirty_returns.at(who) == 1),
            fmt::format("One after the other left something of his own on the connection: Carol, "
                        "Erin, Frank and Dave. Counted as dirty returns: {}.",
                        list(stats)));
    }
}

TEST_CASE("A statement that was kept leaves nothing behind when it runs again",
          "[pitfall][stage 2]") {
    const DatabaseFile database;
    std::string passed_on;
    std::string not_counted;
    for (const auto& [sql, undo] : std::vector<std::pair<std::string, std::string>>{
             // It may have run already when it was prepared.
             {"PRAGMA query_only = ON", "PRAGMA query_only = OFF"},
             {"ATTACH ':memory:' AS archive", ""},
             {"CREATE TEMP TABLE items AS SELECT id, title, 0 AS stock FROM main.items", ""}}) {
        Ledger::instance().start();
        ConnectionPool pool(manager_of(database), {.max_connections = 1});
        work_for_long(pool);
        sqlite3_stmt* kept = nullptr;
        {
            const auto lease = pool.acquire("alice", 0ms);
            sqlite3_prepare_v2(lease->getHandle(), sql.c_str(), -1, &kept, nullptr);
            lease->exec(undo);
        }
        bool is_kept = false;
        {
            const auto lease = pool.acquire("carol", 0ms);
            is_kept = has_statement(*lease, kept);
            if (is_kept) {
                sqlite3_step(kept);
                sqlite3_reset(kept);
            }
        }
        const auto lease = pool.acquire("bob", 0ms);
        if (lease->execAndGet("PRAGMA query_only").getInt() != 0 ||
            lease->execAndGet("SELECT stock FROM items WHERE id = 1").getInt() != 10 ||
            sqlite3_db_name(lease->getHandle(), 2) != nullptr) {
            add_to(passed_on, sql);
        }
        if (is_kept && pool.stats().dirty_returns["carol"] != 1) add_to(not_counted, sql);
    }
    EXPECT(passed_on.empty(),
           "Alice prepared a statement and left it to the connection's next borrower, "
           "Carol. She let it run, and what it did was passed on to Bob, after " +
               passed_on);
    EXPECT(not_counted.empty(),
           "Alice prepared a statement and left it to the connection's next borrower, "
           "Carol. She let it run, and was not counted, or more than once, after " +
               not_counted);
}

TEST_CASE("Nobody is called back for what another does", "[pitfall][stage 2]") {
    const DatabaseFile database;
    Ledger::instance().start();
    int calls = 0;
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    {
        const auto lease = pool.acquire("carol", 0ms);
        sqlite3* carols = lease->getHandle();
        static constexpr auto count = [](void* all) { return ++*static_cast<int*>(all) * 0; };
        sqlite3_progress_handler(carols, 1, count, &calls);
        sqlite3_commit_hook(carols, count, &calls);
        sqlite3_rollback_hook(
            carols, [](void* all) { count(all); }, &calls);
        sqlite3_update_hook(
            carols, [](void* all, int, const char*, const char*, sqlite3_int64) { count(all); },
            &calls);
        sqlite3_set_authorizer(
            carols,
            [](void* all, int, const char*, const char*, const char*, const char*) {
                return count(all);
            },
            &calls);
    }
    calls = 0;
    pool.acquire("bob", 0ms)
        ->exec(
            "UPDATE items SET stock = 9 WHERE id = 1; BEGIN; UPDATE items SET stock = 8 WHERE id = 1; "
            "ROLLBACK");
    EXPECT(calls == 0,
           fmt::format("Carol has hooked functions of hers into her connection, and given it back. "
                       "They were called {} times for what Bob did: what they use may be gone, and "
                       "an authorizer or a commit hook of hers can refuse it.",
                       calls));
}

TEST_CASE("Nobody is refused by what another has hooked in", "[pitfall][stage 2]") {
    static constexpr auto refuse = [](void*) { return 1; };
    const std::vector<std::pair<std::string, std::function<void(sqlite3*)>>> ways = {
        {"an authorizer that allows nothing",
         [](sqlite3* carols) {
             sqlite3_set_authorizer(
                 carols,
                 [](void*, int, const char*, const char*, const char*, const char*) {
                     return SQLITE_DENY;
                 },
                 nullptr);
         }},
        {"a progress handler that interrupts",
         [](sqlite3* carols) { sqlite3_progress_handler(carols, 1, refuse, nullptr); }},
        {"a commit hook that says no",
         [](sqlite3* carols) { sqlite3_commit_hook(carols, refuse, nullptr); }},
    };
    const DatabaseFile database;
    std::string refused;
    std::string counted;
    for (const auto& [name, hook_in] : ways) {
        Ledger::instance().start();
        ConnectionPool pool(manager_of(database), {.max_connections = 1});
        work_for_long(pool);
        { hook_in(pool.acquire("carol", 0ms)->getHandle()); }
        try {
            pool.acquire("bob", 0ms)->exec("UPDATE items SET stock = 9 WHERE id = 1");
        } catch (const SQLite::Exception&) {
            add_to(refused, name);
        }
        if (!pool.stats().dirty_returns.empty()) add_to(counted, name);
    }
    EXPECT(refused.empty(),
           "Carol gave her connection back, and what Bob did on it was refused, after " + refused);
    EXPECT(
        counted.empty(),
        "Carol hooked something into her connection, and was counted as one who left it dirty, "
        "after " +
            counted +
            ". Nobody can tell whether there is a hook, so the one who happens to be found out is "
            "not to be counted either.");
}

TEST_CASE("A connection that came back still empties its log") {
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    const auto pages = [&] {
        return pool.acquire("bob", 0ms)->execAndGet("PRAGMA wal_autocheckpoint").getInt();
    };
    const int at_first = pages();
    const int later = pages();
    EXPECT(
        (at_first > 0 && later == at_first),
        fmt::format("A new connection copies the log into the database whenever {} pages are in "
                    "it; one that has been back in the pool does at {}, and 0 is never: the -wal "
                    "file grows for ever. SQLite does that in a WAL hook of its own, which is to "
                    "stay.",
                    at_first, later));
}

TEST_CASE("All at once is cleaned as well as each alone", "[pitfall][stage 1]") {
    const DatabaseFile database;
    std::string locked;
    std::string passed_on;
    std::string not_counted;
    for (const std::string begin : {"", "BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT a"}) {
        for (const std::string statement :
             {"", "SELECT id FROM items",
              "INSERT INTO reviews (item_id, text) VALUES (1, 'Drips.') RETURNING id"}) {
            if (begin.empty() && statement.empty()) continue;
            const std::string what =
                fmt::format("{}{}{}", begin, begin.empty() || statement.empty() ? "" : "; ",
                            statement.substr(0, statement.find(' ')));
            Ledger::instance().start();
            ConnectionPool pool(manager_of(database), {.max_connections = 1});
            {
                const auto lease = pool.acquire("carol", 0ms);
                if (!begin.empty()) lease->exec(begin);
                if (!statement.empty()) {
                    leave_running(*lease, statement.c_str());
                    leave_running(*lease, "SELECT title FROM items");  // seldom comes one alone
                }
            }
            if (!can_be_written(database)) add_to(locked, what);
            if (!left_open(*pool.acquire("bob", 0ms)).empty()) add_to(passed_on, what);
            if (pool.stats().dirty_returns["carol"] != 1) add_to(not_counted, what);
        }
    }
    EXPECT(locked.empty(), "Carol gave her connection back, and nobody can write, after " + locked);
    EXPECT(passed_on.empty(),
           "Carol gave her connection back, and Bob got it with something still open, after " +
               passed_on);
    EXPECT(not_counted.empty(),
           "Carol gave her connection back, and it was not counted, or more than once, after " +
               not_counted);
    EXPECT(database.number("SELECT count(*) FROM reviews WHERE text = 'Drips.'") == 1,
           "Carol's reviews were written in transactions that she did not commit, but for one, and "
           "some of them are in the database: somebody committed them for her.");
}

TEST_CASE("A statement that was left running is ended and stays whose it is",
          "[pitfall][stage 1]") {
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    sqlite3_stmt* kept = nullptr;
    {
        const auto lease = pool.acquire("alice", 0ms);
        sqlite3_prepare_v2(lease->getHandle(), "SELECT id FROM items", -1, &kept, nullptr);
        sqlite3_step(kept);
    }
    const auto lease = pool.acquire("bob", 0ms);
    if (closed(1, 1) == 0) {  // otherwise it has ended with its connection
        EXPECT(running_statements(*lease) == 0,
               "Alice left a statement running, and on Bob's connection it still runs.");
        const bool is_there = has_statement(*lease, kept);
        EXPECT(is_there,
               "Alice left a statement running, her connection is open, and the statement was "
               "finalized. It may be kept for the connection's next borrower, who then uses what "
               "is gone. It is enough to reset it.");
        if (is_there) sqlite3_finalize(kept);
    }
}

TEST_CASE("A connection that cannot be cleaned is thrown away and its permit is not",
          "[pitfall][stage 2]") {
    const DatabaseFile database;
    Ledger::instance().start();
    constexpr int connections = 4;
    ConnectionPool pool(manager_of(database), {.max_connections = connections});
    Ledger::instance().refuse_rollbacks();

    {
        const auto leases = lend_all(pool, connections, "carol");
        for (const auto& lease : leases) lease->exec("BEGIN");
    }
    // A manager that takes away every hook of a borrower takes the refusal away.
    EXPECT(
        Ledger::instance().open_transactions() == 0,
        fmt::format("Four connections came back inside a transaction that SQLite refuses to roll "
                    "back, and {} of them are open and still in it. They are fit for nobody, and "
                    "have to be closed.",
                    Ledger::instance().open_transactions()));

    const auto leases = lend_all(pool, connections, "bob");
    EXPECT(
        leases.size() == connections,
        fmt::format("The pool has four permits, nobody has a connection, and {} of four customers "
                    "get one. A connection was thrown away and its permit with it.",
                    leases.size()));
    const auto dirty =
        std::ranges::count_if(leases, [](const auto& lease) { return !left_open(*lease).empty(); });
    EXPECT(dirty == 0, fmt::format("{} of the connections that Bob got are still in Carol's "
                                   "transaction.",
                                   dirty));
    EXPECT(Ledger::instance().open_connections() <= connections,
           fmt::format("The pool has {} connections open, and may have four.",
                       Ledger::instance().open_connections()));
    EXPECT(pool.stats().dirty_returns["carol"] == connections,
           fmt::format("Four dirty returns of Carol's; counted: {}.", list(pool.stats())));
}

TEST_CASE("The next one is served, no matter what the cleaning throws", "[pitfall][stage 2]") {
    const FakeManager manager;
    manager.database->on_reset = [](int) { throw 42; };
    FakePool pool(manager, {.max_connections = 1});

    for (int i = 1; i <= 3; ++i) {
        int number = 0;
        const bool has_survived = Experiment::is_survived([&] {
            try {
                number = pool.acquire("carol", 0ms)->number;
            } catch (const PoolExhausted&) {
                // nobody has the one connection, and she got none
            }
        });
        NEED(has_survived,
             "Carol gave a connection back that cannot be cleaned: the manager's reset threw, and "
             "the pool let it out of the end of her lease. Nothing may come out there (it is "
             "noexcept), so the shop ended on the spot.");
        NEED(number != 0,
             "The one connection came back, could not be cleaned, and nobody gets another.");
        EXPECT(
            number == i,
            fmt::format("Connection {} was lent again. It could not be cleaned, and must not be.",
                        number));
    }
    EXPECT(pool.stats().discarded == 3,
           fmt::format("Three connections could not be cleaned and were closed; as discarded were "
                       "counted {}.",
                       pool.stats().discarded));
}

TEST_CASE("A customer who waits for a connection that cannot be cleaned gets another",
          "[pitfall][stage 2]") {
    const FakeManager manager;
    manager.database->on_reset = [](int number) {
        if (number == 1) throw std::runtime_error("cannot be cleaned");
    };
    // Longer than the test waits, and not for ever.
    FakePool pool(manager, {.max_connections = 1, .max_wait = 2 * support::patience()});
    std::atomic<int> bobs{0};
    Gate served;

    auto lease = std::make_unique<FakePool::Lease>(pool.acquire("carol"));
    const Meanwhile bob([&] {
        try {
            bobs = pool.acquire("bob")->number;
            served.open();
        } catch (const PoolExhausted&) {  // then not
        }
    });
    support::await([&] { return pool.stats().waiting > 0; });
    lease.reset();

    EXPECT(
        served.wait(),
        "Bob waited for the connection that Carol had. It came back and could not be cleaned, and "
        "he goes on waiting: he may open another, and nobody tells him.");
    EXPECT(bobs != 1, "Bob got the connection that could not be cleaned.");
}

TEST_CASE("While one connection is cleaned others are served", "[pitfall][stage 1]") {
    const FakeManager manager;
    Halt halt;
    manager.database->on_reset = [&](int number) {
        if (number == 1) halt.pass();
    };
    FakePool pool(manager, {.max_connections = 2});
    Two customers(halt);

    customers.first([&] { static_cast<void>(pool.acquire("carol")); });
    NEED(
        customers.first_is_held(),
        "Carol gave her connection back, and nobody looked at it: the pool did not ask its manager "
        "to reset it.");
    const bool is_served = customers.second_is_served([&] {
        static_cast<void>(pool.acquire("bob", 0ms));
        static_cast<void>(pool.stats());
    });

    EXPECT(is_served,
           "One connection is being cleaned, which takes a while, there may be another, and Bob is "
           "not served: the pool holds its lock while it cleans.");
    if (is_served) {
        const PoolStats stats = pool.stats();
        EXPECT(
            (stats.idle == 1 && stats.in_use == 1),
            fmt::format("While a connection is cleaned it is not free yet. In use: {}, idle: {}.",
                        stats.in_use, stats.idle));
    }
}

// What time does to a connection.

TEST_CASE("The shop answers out of the database that was restored", "[pitfall][stage 3]") {
    PooledShop shop;
    Customer bob = shop.customer("bob");
    NEED(bob.gets("/items/1").number("/item/stock") == 10, "There are not ten teapots.");

    restore_backup(shop.database(), "UPDATE items SET stock = 5 WHERE id = 1");

    EXPECT(bob.gets("/items/1").number("/item/stock") == 5,
           "The database was restored from a backup with five teapots. The shop goes on answering "
           "out of the file that was there before: it has no name any more, and its connection has "
           "it open.");
    EXPECT(bob.orders(shop::teapot, 1).status == 201, "Bob's order was refused.");
    EXPECT(shop.orders_of("bob") == 1,
           "Bob was told 201, and his order is not in the database: it was written into a file "
           "that nobody will ever open again.");
    EXPECT(shop.ledger().opened_connections() == 2,
           fmt::format("One connection was opened before the database was restored. Bob was served "
                       "alone, and {} were opened since, where one is enough.",
                       shop.ledger().opened_connections() - 1));
}

TEST_CASE("No connection of the old database is left", "[pitfall][stage 3]") {
    const DatabaseFile database;
    Ledger::instance().start();
    constexpr int connections = 4;
    ConnectionPool pool(manager_of(database), {.max_connections = connections});
    NEED(lend_all(pool, connections, "carol").size() == connections,
         "There are not four connections.");

    restore_backup(database, "UPDATE items SET stock = 5 WHERE id = 1");

    const auto leases = lend_all(pool, connections, "bob");
    NEED(leases.size() == connections,
         fmt::format(
             "The pool has four permits, and {} of four customers got a connection after the "
             "database was restored.",
             leases.size()));
    const auto stale = std::ranges::count_if(leases, [](const auto& lease) {
        return lease->execAndGet("SELECT stock FROM items WHERE id = 1").getInt() != 5;
    });
    EXPECT(
        stale == 0,
        fmt::format("Four connections were open when the database was restored. {} of those that "
                    "are lent now still read the old file.",
                    stale));
    EXPECT((closed(1, connections) == connections &&
            Ledger::instance().open_connections() == connections),
           fmt::format("Of four connections on the old file {} were closed, and {} are open.",
                       closed(1, connections), Ledger::instance().open_connections()));
    EXPECT(
        pool.stats().dirty_returns.empty(),
        "Nobody has left anything behind, and dirty returns were counted: " + list(pool.stats()));
}

TEST_CASE("A connection that was idle for long is checked before it is lent",
          "[pitfall][stage 3]") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 1, .valid_for = 10s}, clock);
    { static_cast<void>(pool.acquire("alice")); }
    clock.advance(9s);
    { static_cast<void>(pool.acquire("alice")); }
    clock.advance(9s);
    { static_cast<void>(pool.acquire("alice")); }
    EXPECT(manager.database->checks() == 0,
           "A connection was checked that had been used nine seconds ago, and counts as good for "
           "ten.");

    clock.advance(10s);
    { static_cast<void>(pool.acquire("alice")); }
    EXPECT(manager.database->checks() == 1,
           fmt::format("Nobody had used the connection for ten seconds, it counts as good for less "
                       "than that, and it was checked {} times.",
                       manager.database->checks()));

    clock.advance(11s);
    manager.database->is_good = [](int number) { return number != 1; };
    EXPECT(
        pool.acquire("bob")->number != 1,
        "Nobody had used the connection for eleven seconds. It counts as good for ten, and it was "
        "lent without a look at it.");
}

TEST_CASE("A connection that was just opened is not checked", "[pitfall][stage 3]") {
    const FakeManager manager;
    manager.database->is_good = [](int number) { return number > 5; };  // as when the disk is away
    FakePool pool(manager, {.max_connections = 1});
    { static_cast<void>(pool.acquire("alice", 0ms)); }
    EXPECT(manager.database->checks() == 0,
           "The first connection was opened for Alice, and checked before she got it.");
    const int bobs = pool.acquire("bob", 0ms)->number;
    EXPECT(bobs != 1,
           "An idle connection leads nowhere any more, and was lent without a look at it.");
    EXPECT(
        (bobs == 2 && manager.database->checks() == 1),
        fmt::format("Connection 1 was not valid any more, so connection 2 was opened for Bob. That "
                    "takes one check. There were {}, and he got connection {}: who also checks "
                    "what he has just opened, opens and closes for ever when the disk is away.",
                    manager.database->checks(), bobs));
}

TEST_CASE("While one connection is checked others are served", "[pitfall][stage 3]") {
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 2});
    { static_cast<void>(pool.acquire("alice")); }  // there is an idle one now
    Halt halt;
    std::atomic<bool> is_first{true};
    manager.database->is_good = [&](int) {
        if (is_first.exchange(false)) halt.pass();
        return true;
    };
    Two customers(halt);

    customers.first([&] { static_cast<void>(pool.acquire("carol")); });
    NEED(customers.first_is_held(),
         "An idle connection was lent without a look at it: the pool did not ask its manager "
         "whether it is still valid.");
    const bool is_served =
        customers.second_is_served([&] { static_cast<void>(pool.acquire("bob", 0ms)); });

    EXPECT(is_served,
           "One connection is being checked, which takes long when the disk does, there may be "
           "another, and Bob is not served: the pool holds its lock while it checks.");
}

TEST_CASE("A connection past its age is replaced, however much it is used", "[pitfall][stage 4]") {
    TestClock clock;
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database),
                        {.max_connections = 1, .valid_for = 1h, .max_age = 10min}, clock);

    for (int minute = 0; minute < 11; ++minute) {
        { static_cast<void>(pool.acquire("alice", 0ms)); }
        clock.advance(1min);
    }
    const auto lease = pool.acquire("bob", 0ms);
    EXPECT(
        closed(1, 1) == 1,
        "A connection may grow ten minutes old. It is eleven minutes since it was opened, it was "
        "used all the time, and it is lent again.");
    EXPECT(pool.stats().discarded == 1,
           fmt::format("A connection was closed because it was too old, and the pool says that it "
                       "has discarded {}.",
                       pool.stats().discarded));
    EXPECT(Ledger::instance().open_connections() == 1,
           fmt::format("The pool has {} connections open, and may have one.",
                       Ledger::instance().open_connections()));
}

TEST_CASE("A connection that comes back dirty and too old is counted as dirty",
          "[pitfall][stage 4]") {
    TestClock clock;
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1, .max_age = 10min}, clock);
    {
        const auto lease = pool.acquire("carol", 0ms);
        lease->exec("BEGIN IMMEDIATE");
        clock.advance(11min);
    }
    EXPECT(
        can_be_written(database),
        "Carol gave back a connection that was past its age and in a transaction of hers, and it "
        "still holds the write lock.");
    EXPECT(
        pool.stats().dirty_returns["carol"] == 1,
        fmt::format(
            "Carol left a transaction open, on a connection that was too old to be lent "
            "again. It is closed anyway, and still she does so every night. Counted as dirty returns: {}.",
            list(pool.stats())));
    static_cast<void>(pool.acquire("bob", 0ms));
    EXPECT(pool.stats().discarded == 1,
           fmt::format("A connection grew too old while it was lent, and was closed. The pool says "
                       "that it has discarded {}.",
                       pool.stats().discarded));
}

TEST_CASE("A connection that grew old while nobody used it is not lent", "[pitfall][stage 4]") {
    TestClock clock;
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database),
                        {.max_connections = 1, .valid_for = 1h, .max_age = 10min}, clock);

    { static_cast<void>(pool.acquire("alice", 0ms)); }
    clock.advance(11min);
    const auto lease = pool.acquire("bob", 0ms);

    EXPECT(closed(1, 1) == 1,
           "A connection may grow ten minutes old. It lay idle for eleven, and is lent.");
    EXPECT(
        pool.stats().dirty_returns.empty(),
        "Nobody has left anything behind, and dirty returns were counted: " + list(pool.stats()));
}

TEST_CASE("Connections opened in one moment do not all end in one moment", "[pitfall][stage 4]") {
    TestClock clock;
    const DatabaseFile database;
    Ledger::instance().start();
    constexpr int connections = 24;
    ConnectionPool pool(manager_of(database),
                        {.max_connections = connections, .valid_for = 24h, .max_age = 1000min},
                        clock);
    {
        // Each by another thread, as in a shop.
        std::atomic<int> lent{0};
        support::Barrier all_have(connections);
        std::vector<std::thread> workers;
        for (int i = 0; i < connections; ++i) {
            workers.emplace_back([&] {
                const auto lease = lend_all(pool, 1, "alice");
                lent += static_cast<int>(lease.size());
                static_cast<void>(all_have.arrive_and_wait());
            });
        }
        for (std::thread& worker : workers) worker.join();
        NEED(lent == connections, "There are not 24 connections.");
    }

    clock.advance(899min);
    NEED(lend_all(pool, connections, "alice").size() == connections,
         "There are not 24 connections.");
    EXPECT(closed(1, connections) == 0,
           fmt::format("Connections may grow 1000 minutes old, or up to a tenth less. After 899 "
                       "minutes {} of {} were closed.",
                       closed(1, connections), connections));

    int most_at_once = 0;
    for (int minute = 904; minute <= 999; minute += 5) {
        const int before = closed(1, connections);
        clock.advance(5min);
        NEED(lend_all(pool, connections, "alice").size() == connections,
             "There are not 24 connections.");
        most_at_once = std::max(most_at_once, closed(1, connections) - before);
    }
    const int before_the_last = closed(1, connections);
    clock.advance(2min);
    NEED(lend_all(pool, connections, "alice").size() == connections,
         "There are not 24 connections.");
    most_at_once = std::max(most_at_once, closed(1, connections) - before_the_last);

    EXPECT(
        most_at_once < connections,
        "All 24 connections that were opened in one moment were replaced in one moment: the shop "
        "stands still while it opens 24 new ones, and does so again every time.");
    EXPECT(
        closed(1, connections) == connections,
        fmt::format("Of 24 connections {} were closed after 1001 minutes, and the oldest they may "
                    "get is 1000.",
                    closed(1, connections)));
}

TEST_CASE("A connection that takes the place of an old one lives as long", "[pitfall][stage 4]") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 1, .valid_for = 24h, .max_age = 10min}, clock);
    { static_cast<void>(pool.acquire("alice", 0ms)); }
    clock.advance(11min);
    for (int minute = 0; minute < 9; ++minute) {
        { static_cast<void>(pool.acquire("alice", 0ms)); }
        clock.advance(1min);
    }
    NEED(manager.database->opened() > 1,
         "A connection may grow ten minutes old. It is twenty minutes since the first was opened, "
         "and no other was.");
    EXPECT(manager.database->opened() == 2,
           fmt::format("The first connection was replaced after eleven minutes, and the second may "
                       "grow ten minutes old as well. Nine minutes later {} have been opened: it "
                       "was not given a time of its own.",
                       manager.database->opened()));
}

TEST_CASE("Each connection has its own time since it came back", "[pitfall][stage 3]") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 2, .valid_for = 10s}, clock);
    {
        const auto alices = pool.acquire("alice", 0ms);
        { static_cast<void>(pool.acquire("bob", 0ms)); }
        clock.advance(11s);
    }
    const auto first = pool.acquire("carol", 0ms);
    const auto second = pool.acquire("carol", 0ms);
    EXPECT(manager.database->checks() == 1,
           fmt::format("Alice's connection came back just now, Bob's eleven seconds ago, and a "
                       "connection counts as good for ten. One of the two had to be checked before "
                       "it was lent, and {} were.",
                       manager.database->checks()));
}

TEST_CASE("While one connection is closed its permit is not free", "[pitfall][stage 2]") {
    const FakeManager manager;
    Halt halt;
    manager.database->on_reset = [](int) { throw std::runtime_error("cannot be cleaned"); };
    manager.database->on_close = [&](int number) {
        if (number == 1) halt.pass();
    };
    FakePool pool(manager, {.max_connections = 2});
    Two customers(halt);

    customers.first([&] { static_cast<void>(pool.acquire("carol")); });
    NEED(customers.first_is_held(), "Carol's connection cannot be cleaned, and nobody closes it.");
    const bool is_served = customers.second_is_served([&] {
        const auto bobs = pool.acquire("bob", 0ms);
        try {
            static_cast<void>(pool.acquire("dave", 0ms));
        } catch (const PoolExhausted&) {  // as it should be
        }
    });

    EXPECT(
        is_served,
        "One connection is being closed, which takes a while, there may be another, and Bob is not "
        "served: the pool holds its lock while it closes.");
    EXPECT(
        manager.database->most() <= 2,
        fmt::format("There may be two connections, and there were {} at once: a permit was passed "
                    "on before the connection was closed.",
                    manager.database->most()));
}

TEST_CASE("While one connection is replaced others are served", "[pitfall][stage 3]") {
    const FakeManager manager;
    Halt halt;
    manager.database->is_good = [](int number) { return number != 1; };
    manager.database->on_connect = [&](int number) {
        if (number == 2) halt.pass();
    };
    FakePool pool(manager, {.max_connections = 2});
    { static_cast<void>(pool.acquire("alice", 0ms)); }
    Two customers(halt);

    customers.first([&] { static_cast<void>(pool.acquire("carol", 0ms)); });
    NEED(customers.first_is_held(),
         "A connection that leads nowhere any more was lent, or nobody looked.");
    const bool is_served =
        customers.second_is_served([&] { static_cast<void>(pool.acquire("bob", 0ms)); });

    EXPECT(is_served,
           "A connection is being opened in the place of one that was not valid, there may be "
           "another, and Bob is not served: the pool holds its lock while it opens.");
}

TEST_CASE("A connection is closed before another takes its place", "[pitfall][stage 4]") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 1, .valid_for = 1min, .max_age = 10min}, clock);
    { static_cast<void>(pool.acquire("alice", 0ms)); }
    clock.advance(11min);
    { static_cast<void>(pool.acquire("alice", 0ms)); }
    clock.advance(2min);
    manager.database->is_good = [](int number) { return number > 2; };
    { static_cast<void>(pool.acquire("alice", 0ms)); }

    NEED(manager.database->opened() == 3,
         fmt::format("A connection was too old, the next one was not valid, and each had to be "
                     "replaced. {} were opened, where three are right.",
                     manager.database->opened()));
    EXPECT(manager.database->most() == 1,
           fmt::format("There may be one connection, and there were {} at once: the new one was "
                       "opened before the old one was closed.",
                       manager.database->most()));
    EXPECT(pool.stats().discarded == 2,
           fmt::format("Two connections were replaced; {} were counted as discarded.",
                       pool.stats().discarded));
}

// What works already.

TEST_CASE("A connection that comes back clean is used again") {
    PooledShop shop;
    Customer bob = shop.customer("bob");
    for (int i = 0; i < 5; ++i) {
        EXPECT(bob.gets("/items/1").status == 200, "There is no teapot.");
        EXPECT(bob.gets("/items/99").status == 404, "There is an item 99.");
        EXPECT(bob.orders(shop::teapot, 1).status == 201, "Bob's order was refused.");
        EXPECT(bob.orders(shop::samovar, 1).status == 409, "There was a samovar.");
        EXPECT(bob.posts("/reviews", R"({"item_id":1,"text":"Pours well."})").status == 201,
               "Bob's review was not taken.");
        shop.database().number("PRAGMA wal_checkpoint(TRUNCATE)");  // writes the same file
    }
    EXPECT(
        shop.ledger().opened_connections() == 1,
        fmt::format("Bob was served alone, left nothing behind, and {} connections were opened for "
                    "him. To open one costs more than to ask what is on it.",
                    shop.ledger().opened_connections()));
    EXPECT(bob.gets("/metrics").body.find("pool_dirty_returns_total{") == std::string::npos,
           "A handler that left nothing behind is counted among those that did.");
    EXPECT(support::await_metric(bob, "pool_idle", 1),
           "Of four connections that there may be one is open, and it is nobody's. pool_idle does "
           "not say 1: what is not open is not idle.");
}

TEST_CASE("Cleaning up after oneself is not counted") {
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    {
        const auto lease = pool.acquire("alice", 0ms);
        lease->exec("BEGIN IMMEDIATE; UPDATE items SET stock = 9 WHERE id = 1; COMMIT");
        lease->exec("BEGIN; UPDATE items SET stock = 0; ROLLBACK");
        lease->exec("PRAGMA query_only = ON; PRAGMA query_only = OFF");
        lease->exec("CREATE TEMP TABLE mine (id); DROP TABLE mine");
    }
    EXPECT(pool.stats().dirty_returns.empty(),
           "Alice ended what she began, and was counted as one who does not.");
    EXPECT(database.number("SELECT stock FROM items WHERE id = 1") == 9,
           "Alice's unit of work is gone.");
    EXPECT((Ledger::instance().opened_connections() == 1 && closed(1, 1) == 0),
           "Alice's connection came back as she got it, and was thrown away.");
}

TEST_CASE("A statement that is prepared and not running is nothing left behind") {
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1});
    sqlite3_stmt* kept = nullptr;
    {
        const auto lease = pool.acquire("alice", 0ms);
        SQLite::Database& connection = *lease;
        sqlite3_prepare_v2(connection.getHandle(), "SELECT id FROM items", -1, &kept, nullptr);
        sqlite3_step(kept);
        sqlite3_reset(kept);
    }
    const PoolStats stats = pool.stats();
    const bool is_open = closed(1, 1) == 0;
    if (is_open) sqlite3_finalize(kept);

    EXPECT(is_open,
           "A connection was thrown away because of a statement that is prepared for later.");
    EXPECT(stats.dirty_returns.empty(),
           "A statement is prepared and reset, for later. It holds nothing, and was counted.");
}

TEST_CASE("A connection just used is not checked") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 1, .valid_for = 10s}, clock);
    for (int i = 0; i < 20; ++i) {
        { static_cast<void>(pool.acquire("alice")); }
        clock.advance(9s);
    }
    EXPECT(
        manager.database->checks() == 0,
        fmt::format("A connection that was used nine seconds ago counts as good for ten, and was "
                    "checked {} times.",
                    manager.database->checks()));
    EXPECT(manager.database->opened() == 1, "A connection that is good and young was replaced.");
}

TEST_CASE("The pool still says who has a connection and who waits") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 2, .max_waiting = 1, .max_wait = 2s}, clock);
    const auto comes = [&](const char* who) {
        return [&pool, who] {
            try {
                static_cast<void>(pool.acquire(who));
            } catch (const PoolExhausted&) {  // then not
            }
        };
    };
    std::optional<FakePool::Lease> alices(pool.acquire("alice"));
    clock.advance(3s);
    std::optional<FakePool::Lease> zoes(pool.acquire("zoe"));
    const PoolStats lent = pool.stats();
    EXPECT((lent.max == 2 && lent.in_use == 2 && lent.idle == 0),
           fmt::format("Both connections are lent. In use: {} of {}, idle: {}.", lent.in_use,
                       lent.max, lent.idle));
    NEED(lent.leases.size() == 2,
         fmt::format("Alice and Zoe have a connection each, and stats().leases names {}.",
                     lent.leases.size()));
    EXPECT((lent.leases[0].holder == "alice" && lent.leases[0].held >= 3s &&
            lent.leases[1].holder == "zoe" && lent.leases[1].held < 3s),
           "Alice has had her connection for three seconds, Zoe has just come. The one who has had "
           "hers longest comes first in stats().leases, and each with her own time.");

    {
        const Meanwhile bob(comes("bob"));
        static_cast<void>(support::await([&] { return pool.stats().waiting == 1; }));
        EXPECT(pool.stats().waiting == 1,
               "Bob wants a connection, and is not among those who wait.");
        const Meanwhile dave(comes("dave"));
        EXPECT(support::await([&] { return pool.stats().rejected == 1; }),
               "One may wait (max_waiting), and Bob does. Dave came, and was not turned away.");
        clock.advance(3s);
        EXPECT(support::await([&] { return pool.stats().timeouts == 1; }),
               "Bob's two seconds are over, and he was not counted as one who waited in vain.");
        clock.advance(3s);  // for all who wait and should not
    }
    {
        const Meanwhile erin(comes("erin"));
        static_cast<void>(support::await([&] { return pool.stats().waiting == 1; }));
        clock.advance(1s);
        alices.reset();
    }
    zoes.reset();
    const PoolStats over = pool.stats();
    EXPECT(
        (over.acquired == 3 && over.timeouts == 1 && over.rejected == 1),
        fmt::format("Three had a connection, one waited in vain and one was turned away at once. "
                    "Acquired: {}, timeouts: {}, rejected: {}.",
                    over.acquired, over.timeouts, over.rejected));
    EXPECT(
        (over.waited >= 1s && over.waited < 3s && over.held >= 17s),
        fmt::format("Of those who had a connection only Erin had waited, for a second; Alice had "
                    "hers for ten seconds, and Zoe for seven. Waited: {} ms, held: {} ms.",
                    over.waited / 1ms, over.held / 1ms));
    EXPECT((over.in_use == 0 && over.idle == 2 && over.waiting == 0 && over.leases.empty()),
           fmt::format("Everybody has gone. In use: {}, idle: {}, waiting: {}, leases: {}.",
                       over.in_use, over.idle, over.waiting, over.leases.size()));
    CHECK_THROWS_AS(FakePool(manager, {.max_connections = 0}), std::invalid_argument);
}

TEST_CASE("Simultaneous events are all counted") {
    constexpr int connections = 4;
    const FakeManager manager;
    std::optional<support::Barrier> checking;
    std::optional<support::Barrier> opening;
    std::optional<support::Barrier> having;
    const auto meet = [](std::optional<support::Barrier>& at) {
        static_cast<void>(at->arrive_and_wait());
    };
    manager.database->is_good = [&](int) {
        meet(checking);
        return false;
    };
    manager.database->on_connect = [&](int) { meet(opening); };
    FakePool pool(manager, {.max_connections = connections});
    for (int round = 0; round < 2; ++round) {
        for (auto* at : {&checking, &opening, &having}) at->emplace(connections);
        std::vector<std::unique_ptr<Meanwhile>> all;
        for (int i = 0; i < connections; ++i) {
            all.push_back(std::make_unique<Meanwhile>([&] {
                const auto lease = pool.acquire("somebody");
                meet(having);
            }));
        }
    }
    const PoolStats stats = pool.stats();
    const auto opened = static_cast<std::uint64_t>(manager.database->opened());
    const auto closed =
        static_cast<std::uint64_t>(manager.database->opened() - manager.database->open());
    EXPECT(
        (stats.acquired == std::uint64_t{2} * connections && stats.opened == opened &&
         stats.discarded == closed),
        fmt::format("Eight customers came, four at a time, each at the same moment as the others. "
                    "{} connections were opened and {} closed. By the pool's account {} customers "
                    "came, {} were opened and {} discarded.",
                    opened, closed, stats.acquired, stats.opened, stats.discarded));
}

TEST_CASE("The die is cast once for a connection") {
    TestClock clock;
    const FakeManager manager;
    FakePool pool(manager, {.max_connections = 24, .valid_for = 24h, .max_age = 1000min}, clock);
    const auto lend = [&] {
        std::vector<FakePool::Lease> leases;
        for (int i = 0; i < 24; ++i) leases.push_back(pool.acquire("alice", 0ms));
    };
    lend();
    clock.advance(950min);
    lend();
    const int connected = manager.database->opened();
    for (int i = 0; i < 50; ++i) lend();
    EXPECT(manager.database->opened() == connected,
           fmt::format("The connections were looked at fifty times in one moment, and {} of them "
                       "became too old by that: at each look the die is cast anew, so that a "
                       "busy one ends at nine tenths of its age.",
                       manager.database->opened() - connected));
}

TEST_CASE("A connection that is lent goes on working past its age") {
    TestClock clock;
    const DatabaseFile database;
    Ledger::instance().start();
    ConnectionPool pool(manager_of(database), {.max_connections = 1, .max_age = 10min}, clock);
    {
        const auto lease = pool.acquire("alice", 0ms);
        lease->exec("BEGIN IMMEDIATE; UPDATE items SET stock = 9 WHERE id = 1");
        clock.advance(1h);
        lease->exec("COMMIT");
    }
    EXPECT(database.number("SELECT stock FROM items WHERE id = 1") == 9,
           "Alice had a connection for an hour, and it was taken from her.");
    EXPECT(
        pool.acquire("bob", 0ms)->execAndGet("SELECT stock FROM items WHERE id = 1").getInt() == 9,
        "Bob was not served after her.");
}

TEST_CASE("There are never more connections than there may be") {
    PooledShop shop(16);
    std::vector<Customer> customers;
    std::vector<support::Pending> replies;
    for (int i = 0; i < 8; ++i) customers.push_back(shop.customer(fmt::format("customer{}", i)));
    for (int round = 0; round < 3; ++round) {
        for (Customer& customer : customers) {
            EXPECT(customer.gets("/items/1").status == 200, "There is no teapot.");
            replies.push_back(customer.starts_to_get("/items/1"));
        }
        for (const auto& reply : replies) {
            EXPECT(reply.reply().status == 200, "Somebody was not served.");
        }
        replies.clear();
    }
    EXPECT(shop.ledger().open_connections() <= 4,
           fmt::format("{} connections are open, and there may be four.",
                       shop.ledger().open_connections()));
}
