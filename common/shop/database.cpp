#include "shop/database.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <stdexcept>

namespace shop {

void create_database(const std::filesystem::path& file) {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(R"(
        BEGIN;
        CREATE TABLE items (
            id INTEGER PRIMARY KEY,
            title TEXT NOT NULL,
            stock INTEGER NOT NULL
        );
        CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            item_id INTEGER NOT NULL REFERENCES items (id),
            quantity INTEGER NOT NULL,
            card TEXT NOT NULL,
            state TEXT NOT NULL DEFAULT 'confirmed'
                CHECK (state IN ('reserved', 'confirmed', 'declined')),
            idempotency_key TEXT UNIQUE,
            request TEXT,
            payment TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16))))
        );
        CREATE TABLE reviews (
            id INTEGER PRIMARY KEY,
            item_id INTEGER NOT NULL REFERENCES items (id),
            text TEXT NOT NULL
        );
        CREATE TABLE customers (
            name TEXT PRIMARY KEY,
            visits INTEGER NOT NULL DEFAULT 0,
            last_seen TEXT
        );
        CREATE TABLE gifts (
            order_id INTEGER PRIMARY KEY REFERENCES orders (id),
            recipient TEXT NOT NULL REFERENCES customers (name) DEFERRABLE INITIALLY DEFERRED
        );
        CREATE TABLE audits (
            id INTEGER PRIMARY KEY,
            card TEXT NOT NULL,
            item_id INTEGER NOT NULL,
            quantity INTEGER NOT NULL,
            outcome TEXT NOT NULL
        );
        CREATE TABLE receipts (
            order_id INTEGER PRIMARY KEY REFERENCES orders (id),
            reference TEXT NOT NULL
        );
        INSERT INTO customers (name) VALUES ('alice'), ('bob'), ('carol'), ('dave');
        INSERT INTO items (id, title, stock) VALUES (1, 'Teapot', 10), (2, 'Kettle', 1), (3, 'Samovar', 0);
        COMMIT;
    )");
}

void fill_shelves(const std::filesystem::path& file, int items) {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    SQLite::Statement insert(
        database,
        "WITH RECURSIVE numbers (n) AS (SELECT (SELECT max(id) FROM items) + 1 "
        "UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1) INSERT INTO items "
        "SELECT n, 'Cup ' || n, 10 FROM numbers WHERE n <= ?1");
    insert.bind(1, items);
    insert.exec();
}

void require_database(const std::filesystem::path& file) {
    try {
        SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
        database.exec(
            "SELECT payment FROM items, orders, reviews, customers, gifts, audits, receipts LIMIT 1");
        database.exec("BEGIN IMMEDIATE; ROLLBACK");  // can it be written?
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format(
            "{} is not a database of this shop: {}. Name a file that does not exist yet "
            "and a new shop is made there.",
            file.string(), error.what()));
    }
}

}  // namespace shop
