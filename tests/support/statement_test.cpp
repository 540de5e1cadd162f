// What connections keep from one query to the next (shop/statement.hpp), and what they must not keep.
#include "shop/statement.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "support/catch.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"

using shop::Statement;
using support::DatabaseFile;
using support::Ledger;

namespace {

const std::string titles_from = "SELECT title FROM items WHERE id >= ? ORDER BY id";

std::vector<sqlite3_stmt*> statements_of(SQLite::Database& connection) {
    std::vector<sqlite3_stmt*> statements;
    sqlite3_stmt* statement = nullptr;
    while ((statement = sqlite3_next_stmt(connection.getHandle(), statement)) != nullptr) {
        statements.push_back(statement);
    }
    return statements;
}

std::string first_title(SQLite::Database& connection) {
    Statement query(connection, titles_from);
    query.bind(1, 1);
    return query.executeStep() ? query.getColumn(0).getString() : "";
}

void run(SQLite::Database& connection, const std::string& sql) {
    Statement(connection, sql).executeStep();
}

}  // namespace

TEST_CASE("SQL is prepared once on a connection that keeps its statements") {
    const DatabaseFile database;
    const Ledger::Unseen unseen;
    const shop::Engine engine(database.path());
    SQLite::Database forgetful = engine.connect();
    CHECK(first_title(forgetful) == "Teapot");
    CHECK(statements_of(forgetful).empty());
    {
        const shop::KeptStatements kept(forgetful);
        CHECK(first_title(forgetful) == "Teapot");
        CHECK(statements_of(forgetful).size() == 1);
    }
    CHECK(statements_of(forgetful).empty());
    CHECK(first_title(forgetful) == "Teapot");
    CHECK(statements_of(forgetful).empty());

    const shop::ConnectionManager manager(engine);
    shop::Connection connection = manager.connect();
    shop::Connection other = manager.connect();
    CHECK(first_title(connection) == "Teapot");
    const auto kept = statements_of(connection);
    CHECK(kept.size() == 1);
    CHECK(statements_of(other).empty());
    static_cast<void>(manager.reset(connection));
    CHECK(first_title(connection) == "Teapot");
    CHECK(statements_of(connection) == kept);
    CHECK_FALSE(manager.reset(connection));

    shop::Connection moved = std::move(connection);
    CHECK(first_title(moved) == "Teapot");
    CHECK(statements_of(moved) == kept);
}

TEST_CASE("What was bound to a kept statement goes with its query") {
    const DatabaseFile database;
    const Ledger::Unseen unseen;
    shop::Connection connection(shop::Engine(database.path()).connect());
    const std::string sql = "SELECT ?";
    {
        Statement query(connection, sql);
        query.bind(1, "alice's card");
        CHECK(query.executeStep());
    }
    for (sqlite3_stmt* statement : statements_of(connection)) {
        char* expanded = sqlite3_expanded_sql(statement);
        CHECK(std::string(expanded) == "SELECT NULL");
        sqlite3_free(expanded);
    }
    Statement query(connection, sql);
    CHECK(query.executeStep());
    CHECK(query.getColumn(0).isNull());
}

TEST_CASE("A kept statement does not run on when an exception ends its query") {
    const DatabaseFile database;
    const Ledger::Unseen unseen;
    shop::Connection connection(shop::Engine(database.path()).connect());
    const auto breaks_off = [&] {
        Statement query(connection, titles_from);
        query.bind(1, 1);
        query.executeStep();
        throw std::runtime_error("the customer has hung up");
    };
    CHECK_THROWS_AS(breaks_off(), std::runtime_error);
    CHECK(sqlite3_txn_state(connection.getHandle(), nullptr) == SQLITE_TXN_NONE);
    database.run("UPDATE items SET stock = 9 WHERE id = 1");
    CHECK(database.number("PRAGMA wal_checkpoint(TRUNCATE)") == 0);  // not busy

    const std::string twice = "INSERT INTO customers (name) VALUES ('erin')";
    run(connection, twice);
    CHECK_THROWS_AS(run(connection, twice), SQLite::Exception);
    database.run("DELETE FROM customers WHERE name = 'erin'");
    CHECK_NOTHROW(run(connection, twice));
}

TEST_CASE("Two queries at once have a statement each") {
    const DatabaseFile database;
    const Ledger::Unseen unseen;
    shop::Connection connection(shop::Engine(database.path()).connect());
    CHECK(first_title(connection) == "Teapot");
    Statement outer(connection, titles_from);
    outer.bind(1, 1);
    CHECK(outer.executeStep());
    {
        Statement inner(connection, titles_from);
        inner.bind(1, 3);
        CHECK(inner.executeStep());
        CHECK(inner.getColumn(0).getString() == "Samovar");
    }
    CHECK(outer.getColumn(0).getString() == "Teapot");
    CHECK(outer.executeStep());
    CHECK(outer.getColumn(0).getString() == "Kettle");
}

TEST_CASE("A kept statement goes by the tables as they are now") {
    const DatabaseFile database;
    const Ledger::Unseen unseen;
    shop::Connection connection(shop::Engine(database.path()).connect());
    CHECK(first_title(connection) == "Teapot");
    database.run("ALTER TABLE items ADD COLUMN price INTEGER NOT NULL DEFAULT 5");
    CHECK(first_title(connection) == "Teapot");
    CHECK(Statement(connection, "SELECT price FROM items").executeStep());
    database.run("ALTER TABLE items RENAME COLUMN title TO old_title");
    CHECK_THROWS_AS(first_title(connection), SQLite::Exception);
    database.run("ALTER TABLE items ADD COLUMN title TEXT NOT NULL DEFAULT 'Pot'");
    CHECK(first_title(connection) == "Pot");
}

TEST_CASE("Of too many statements those are kept that were used last") {
    const DatabaseFile database;
    const Ledger::Unseen unseen;
    shop::Connection connection(shop::Engine(database.path()).connect());
    CHECK(first_title(connection) == "Teapot");
    sqlite3_stmt* const used_again = statements_of(connection).front();
    for (int i = 0; i < 100; ++i) {
        run(connection, "SELECT " + std::to_string(i));
        CHECK(first_title(connection) == "Teapot");
    }
    const auto kept = statements_of(connection);
    CHECK(kept.size() == 32);
    CHECK(std::ranges::count(kept, used_again) == 1);
    CHECK(std::ranges::count(kept, std::string("SELECT 99"), sqlite3_sql) == 1);
}
