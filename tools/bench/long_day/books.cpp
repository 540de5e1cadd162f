#include "books.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <cstdint>
#include <set>

#include "shop/database.hpp"

namespace long_day {
namespace {

constexpr int plenty = 100'000'000;
constexpr int ten = 10;
constexpr int lock_wait_ms = 5000;

SQLite::Database reader(const std::filesystem::path& database) {
    return {database.string(), SQLite::OPEN_READWRITE, lock_wait_ms};
}

std::int64_t number(SQLite::Database& books, const std::string& query) {
    return books.execAndGet(query).getInt64();
}

struct Row {
    shop::Id id;
    shop::Id item;
    int quantity;
    std::string card;
    std::string state;
};

std::vector<Row> orders(SQLite::Database& books) {
    SQLite::Statement query(books, "SELECT id, item_id, quantity, card, state FROM orders");
    std::vector<Row> rows;
    while (query.executeStep()) {
        const Row row{query.getColumn(0).getInt64(), query.getColumn(1).getInt64(),
                      query.getColumn(2).getInt(), query.getColumn(3).getString(),
                      query.getColumn(4).getString()};
        rows.push_back(row);
    }
    return rows;
}

void check_file(SQLite::Database& books, Balance& balance) {
    const std::string integrity = books.execAndGet("PRAGMA integrity_check").getString();
    if (integrity != "ok") balance.wrong.push_back("the file is damaged: " + integrity);
    if (number(books, "SELECT count(*) FROM pragma_foreign_key_check") != 0)
        balance.wrong.emplace_back("a row refers to one that is not there");
}

void check_stock(SQLite::Database& books, const std::vector<Row>& rows, Balance& balance) {
    std::map<shop::Id, std::int64_t> sold;
    for (const Row& row : rows) {
        if (row.state != "declined") sold[row.item] += row.quantity;
    }
    for (const auto& [item, count] : sold) {
        const auto left = number(books, fmt::format("SELECT stock FROM items WHERE id = {}", item));
        const int before = item == rare ? ten : plenty;
        if (left < 0 || left + count != before)
            balance.wrong.push_back(fmt::format("of item {} there were {}, {} are sold, {} left",
                                                item, before, count, left));
    }
}

void check_orders(SQLite::Database& books, const std::vector<Row>& rows,
                  const std::map<std::string, int>& payments,
                  const std::map<std::string, Wish>& wishes, Balance& balance) {
    std::map<std::string, int> confirmed;
    std::map<shop::Id, const Row*> by_number;
    for (const Row& row : rows) {
        by_number[row.id] = &row;
        if (row.state == "confirmed") ++confirmed[row.card];
        if (row.state == "declined") ++balance.declined;
        if (row.state == "reserved")
            balance.wrong.push_back(
                fmt::format("order {} of {} is still reserved", row.id, row.card));
        if (!wishes.contains(row.card))
            balance.wrong.push_back(
                fmt::format("order {} is {}'s, who does not exist", row.id, row.card));
    }
    for (const auto& [card, count] : confirmed) {
        balance.confirmed += count;
        if (count != 1)
            balance.wrong.push_back(fmt::format("{} wanted one order and has {}", card, count));
        if (!payments.contains(card))
            balance.wrong.push_back(fmt::format("{} has an order and has not paid", card));
    }
    for (const auto& [card, count] : payments) {
        balance.payments += count;
        if (count != 1) balance.wrong.push_back(fmt::format("{} has paid {} times", card, count));
        if (!confirmed.contains(card))
            balance.wrong.push_back(fmt::format("{} has paid and has no order", card));
    }
    for (const auto& [card, wish] : wishes) {
        const bool was_refused = wish.status >= 400 && wish.status < 500;
        if (was_refused && confirmed.contains(card))
            balance.wrong.push_back(
                fmt::format("{} was told {} and has an order", card, wish.status));
        if (wish.status != 201) continue;
        const auto row = by_number.find(wish.order);
        const bool is_hers =
            row != by_number.end() && row->second->card == card && row->second->item == wish.item &&
            row->second->quantity == wish.quantity && row->second->state == "confirmed";
        if (!is_hers)
            balance.wrong.push_back(
                fmt::format("{} was told 201 and order {}, which is lost", card, wish.order));
    }
    const auto without = number(books,
                                "SELECT count(*) FROM orders WHERE state = 'confirmed' AND id NOT "
                                "IN (SELECT order_id FROM receipts)");
    if (without != 0) balance.wrong.push_back(fmt::format("{} orders have no receipt", without));
}

void check_reviews(SQLite::Database& books, const std::map<shop::Id, std::string>& told,
                   Balance& balance) {
    SQLite::Statement query(books, "SELECT text FROM reviews WHERE id = ?");
    for (const auto& [id, text] : told) {
        query.reset();
        query.bind(1, id);
        if (!query.executeStep() || query.getColumn(0).getString() != text)
            balance.wrong.push_back(fmt::format("review {}, \"{}\", is lost", id, text));
    }
}

}  // namespace

void open_books(const std::filesystem::path& database) {
    shop::create_database(database);
    shop::fill_shelves(database, items);
    SQLite::Database books(database.string(), SQLite::OPEN_READWRITE);
    books.exec(fmt::format("UPDATE items SET stock = {} WHERE id >= {}", plenty, first_plentiful));
}

int unfinished(const std::filesystem::path& database) {
    SQLite::Database books = reader(database);
    return static_cast<int>(
        number(books,
               "SELECT count(*) FROM orders WHERE state = 'reserved' OR (state = 'confirmed' AND "
               "id NOT IN (SELECT order_id FROM receipts))"));
}

Balance balance(const std::filesystem::path& database, const std::map<std::string, int>& payments,
                const Told& told) {
    SQLite::Database books = reader(database);
    const std::vector<Row> rows = orders(books);
    Balance balance;
    balance.wrong = told.complaints();
    check_file(books, balance);
    check_stock(books, rows, balance);
    check_orders(books, rows, payments, told.wishes(), balance);
    check_reviews(books, told.reviews(), balance);
    return balance;
}

}  // namespace long_day
