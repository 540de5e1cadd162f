// How a connection is set up and whether it waits, in code that does not know that anybody looks.
#include "support/settings.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <thread>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"
#include "support/lock_refusals.hpp"

using support::DatabaseFile;
using support::Ledger;
using support::LockRefusals;
using support::Settings;

namespace {

Settings settings_of_first_connection() {
    const auto settings = Ledger::instance().connections().front().settings;
    REQUIRE(settings);
    return *settings;
}

SQLite::Database open_unseen(const DatabaseFile& file) {
    const Ledger::Unseen unseen;
    return SQLite::Database(file.path(), SQLite::OPEN_READWRITE);
}

}  // namespace

TEST_CASE("The ledger reads a connection's settings when it begins to work") {
    const DatabaseFile file;
    Ledger::instance().start();
    SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE, 3000);
    CHECK(!Ledger::instance().connections().front().settings);
    connection.exec("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF");
    connection.exec("BEGIN");
    connection.exec("PRAGMA foreign_keys = OFF");  // does nothing in here
    CHECK(!Ledger::instance().connections().front().settings);
    connection.exec("SELECT 1 FROM items");
    connection.exec("COMMIT; PRAGMA foreign_keys = OFF; SELECT 1");
    const Settings settings = settings_of_first_connection();
    CHECK(settings.foreign_keys);
    CHECK(settings.busy_timeout_ms == 3000);
    CHECK(settings.synchronous == 0);
    CHECK(!settings.read_only);
}

TEST_CASE("A connection may ask something before it is set up") {
    const DatabaseFile file;
    Ledger::instance().start();
    SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE);
    connection.exec("SELECT 1; SELECT foreign_keys FROM pragma_foreign_keys");
    CHECK(settings_of_first_connection().busy_timeout_ms == 0);
    connection.exec("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 3000");
    CHECK(connection.execAndGet("SELECT foreign_keys FROM pragma_foreign_keys").getInt() == 1);
    CHECK(settings_of_first_connection().foreign_keys);
    CHECK(settings_of_first_connection().busy_timeout_ms == 3000);
}

TEST_CASE("A connection that writes outside a transaction has begun to work") {
    const DatabaseFile file;
    Ledger::instance().start();
    SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE);
    connection.exec("PRAGMA foreign_keys = OFF; UPDATE items SET stock = 0");
    connection.exec("PRAGMA foreign_keys = ON; SELECT 1");
    CHECK(!settings_of_first_connection().foreign_keys);
}

TEST_CASE("The ledger does not take its own questions for the connection's") {
    const DatabaseFile file;
    Ledger::instance().start();
    SQLite::Database connection(file.path(), SQLite::OPEN_READONLY);
    connection.exec("SELECT 1 FROM items");
    CHECK(settings_of_first_connection().read_only);
    CHECK(Ledger::instance().timeline().find("PRAGMA") == std::string::npos);
}

TEST_CASE("Reading the settings begins no transaction that a writer could stumble over") {
    const LockRefusals refusals;
    const DatabaseFile file;
    Ledger::instance().start();
    SQLite::Database connection(file.path(), SQLite::OPEN_READWRITE, 60'000);
    SQLite::Database other = open_unseen(file);
    other.exec("BEGIN IMMEDIATE; UPDATE items SET stock = 0");
    std::thread writing(
        [&] { connection.exec("BEGIN; UPDATE items SET stock = stock - 1; COMMIT"); });
    support::await([&] { return refusals.count() >= 2; });
    CHECK(refusals.count() >= 2);
    other.exec("COMMIT");
    writing.join();
    CHECK(file.number("SELECT max(stock) FROM items") == -1);
}

TEST_CASE("A connection that finds the write lock taken is refused once if it does not wait") {
    const LockRefusals refusals;
    const DatabaseFile file;
    SQLite::Database holder = open_unseen(file);
    SQLite::Database connection = open_unseen(file);
    holder.exec("BEGIN IMMEDIATE");
    CHECK(refusals.count() == 0);
    connection.exec("SELECT 1 FROM items");
    CHECK(refusals.count() == 0);
    CHECK_THROWS_AS(connection.exec("UPDATE items SET stock = 0"), SQLite::Exception);
    CHECK(refusals.count() == 1);
    connection.setBusyTimeout(5);
    CHECK_THROWS_AS(connection.exec("UPDATE items SET stock = 0"), SQLite::Exception);
    CHECK(refusals.count() > 2);
    CHECK(LockRefusals().count() == 0);
}
