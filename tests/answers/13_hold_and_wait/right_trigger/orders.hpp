// An order whose line is written by the database itself, when its state changes.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "earlier/08_locked/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

inline void add_triggers(SQLite::Database& connection) {
    connection.exec(R"(
        CREATE TRIGGER IF NOT EXISTS audit_of_paid AFTER UPDATE OF state ON orders
        WHEN NEW.state = 'confirmed' BEGIN
            INSERT INTO audits (card, item_id, quantity, outcome)
            VALUES (NEW.card, NEW.item_id, NEW.quantity, 'paid');
        END;
        CREATE TRIGGER IF NOT EXISTS audit_of_declined AFTER UPDATE OF state ON orders
        WHEN NEW.state = 'declined' BEGIN
            INSERT INTO audits (card, item_id, quantity, outcome)
            VALUES (NEW.card, NEW.item_id, NEW.quantity, 'declined');
        END;
        CREATE TRIGGER IF NOT EXISTS audit_of_silence AFTER DELETE ON orders
        WHEN OLD.state = 'reserved' BEGIN
            INSERT INTO audits (card, item_id, quantity, outcome)
            VALUES (OLD.card, OLD.item_id, OLD.quantity, 'the bank does not answer');
        END)");
}

// Puts the goods back, and keeps the order as one that was declined.
inline void decline(SQLite::Database& connection, const Order& order) {
    SQLite::Statement update(
        connection, "UPDATE orders SET state = 'declined' WHERE id = ? AND state = 'reserved'");
    update.bind(1, order.id);
    if (update.exec() == 0) return;
    SQLite::Statement give_back(connection, "UPDATE items SET stock = stock + ? WHERE id = ?");
    give_back.bind(1, order.quantity);
    give_back.bind(2, order.item_id);
    give_back.exec();
}

// Reserves, charges, and confirms or releases. An order that comes to an end leaves one line in the
// audit log, written by a trigger, so in the unit of work that ends it: "paid", "declined", "the
// bank does not answer", "sold out" or "no such item".
//
// Nobody calls it who has a connection of that pool: who holds one and waits for another may be
// waiting for himself. Throws SoldOut, NotFound, PaymentDeclined, what the bank throws,
// PoolExhausted and SQLite::Exception.
//
// PoolExhausted before the bank is asked: nothing has happened. After it: the order stays reserved
// and has no line, and if the bank has said yes the card is charged. Then whoever settles what is
// still reserved ends it (lesson 09), and a customer
// who comes again needs a key, or she pays twice.
template <typename Pool>
Order place_order(Pool& pool, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work) {
        return unit_of_work(pool, "POST /orders", std::move(work));
    };
    const auto refuse = [&](const std::string& outcome) {
        write([&](SQLite::Database& connection) { add_audit(connection, order, outcome); });
    };
    Order placed{};
    try {
        placed = write([&](SQLite::Database& connection) { return reserve(connection, order); });
    } catch (const SoldOut& refusal) {
        refuse(refusal.what());
        throw;
    } catch (const NotFound& refusal) {
        refuse(refusal.what());
        throw;
    }

    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        write([&](SQLite::Database& connection) { release(connection, placed.id); });
        throw;
    }
    if (answer == Answer::declined) {
        write([&](SQLite::Database& connection) { decline(connection, placed); });
        throw PaymentDeclined();
    }

    write([&](SQLite::Database& connection) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
    });
    return placed;
}

}  // namespace shop
