// What the manager of lesson 11's solution does beyond what the lesson asks: it asks for all of a
// connection's settings only when one of them may have changed.
#include <sqlite3.h>

#include <string>

#include "earlier/05_forgotten_pragma/engine.hpp"
#include "earlier/11_dirty_or_stale/manager.hpp"
#include "support/catch.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"

TEST_CASE("A return asks for one setting unless something may have changed") {
    const support::DatabaseFile database;
    const support::Ledger::Unseen unseen;
    const shop::ConnectionManager manager{shop::Engine(database.path())};
    shop::Connection connection = manager.connect();
    int statements = 0;
    sqlite3_trace_v2(
        connection.getHandle(), SQLITE_TRACE_STMT,
        [](unsigned, void* count, void*, void*) { return ++*static_cast<int*>(count) * 0; },
        &statements);
    const auto asked_after = [&](const std::string& sql) {
        connection.exec(sql);
        statements = 0;
        CHECK_FALSE(manager.reset(connection));
        return statements;
    };

    CHECK(asked_after("SELECT 1") > 7);
    for (const std::string sql :
         {"SELECT max(stock) FROM items",
          "BEGIN IMMEDIATE; UPDATE items SET stock = 9 WHERE id = 1; COMMIT",
          "SAVEPOINT a; INSERT INTO reviews (item_id, text) VALUES (1, 'Drips.'); RELEASE a",
          "DELETE FROM reviews",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 3) SELECT i FROM n"}) {
        INFO(sql);
        CHECK(asked_after(sql) == 1);
    }
    for (const std::string sql : {"PRAGMA user_version", "CREATE TABLE mine (id); DROP TABLE mine",
                                  "ATTACH ':memory:' AS mine; DETACH mine"}) {
        INFO(sql);
        CHECK(asked_after(sql) > 7);
        CHECK(asked_after("SELECT 1") == 1);
    }
}
