// An order in units of work, each with a connection of its own and an end; while the bank thinks it
// has none. What became of it is in the audit log.
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

// Reserves, charges, and confirms or releases. An order that comes to an end leaves one line in the
// audit log, written in the unit of work that ends it: "paid", "declined", "the bank does not
// answer", "sold out" or "no such item".
//
// The caller holds no connection of that pool: one that holds one and waits for another may be
// waiting for himself. Throws SoldOut, NotFound, PaymentDeclined, what the bank throws,
// PoolExhausted and SQLite::Exception.
//
// PoolExhausted before the bank is asked: nothing has happened. After it: the order stays reserved
// and has no line, and if the bank has said yes the card is charged. Recovery ends what is
// still reserved (lesson 09), and a customer
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

    const auto give_back = [&](const char* outcome) {
        write([&](SQLite::Database& connection) {
            release(connection, placed.id);
            add_audit(connection, order, outcome);
        });
    };
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        give_back("the bank does not answer");
        throw;
    }
    if (answer == Answer::declined) {
        give_back("declined");
        throw PaymentDeclined();
    }

    write([&](SQLite::Database& connection) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
        add_audit(connection, order, "paid");
    });
    return placed;
}

}  // namespace shop
