// An order on its request's connection: reserve, charge, confirm or release, and a line in the
// audit log of what became of it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <stdexcept>

#include "audit_log.hpp"
#include "earlier/08_locked/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

// The lines: "paid", "declined", "the bank does not answer", "sold out", "no such item". No
// transaction is open while the bank thinks, or while a line is written. Throws SoldOut, NotFound,
// PaymentDeclined, what the bank throws, PoolExhausted and SQLite::Exception.
inline Order place_order(SQLite::Database& connection, const AuditLog& audit, const NewOrder& order,
                         Bank& bank) {
    Order placed{};
    try {
        placed =
            unit_of_work(connection, [&](SQLite::Database&) { return reserve(connection, order); });
    } catch (const SoldOut& refusal) {
        audit.write(order, refusal.what());
        throw;
    } catch (const NotFound& refusal) {
        audit.write(order, refusal.what());
        throw;
    }

    const auto give_back = [&](const char* outcome) {
        unit_of_work(connection, [&](SQLite::Database&) { release(connection, placed.id); });
        audit.write(order, outcome);
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

    unit_of_work(connection, [&](SQLite::Database&) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
    });
    audit.write(order, "paid");
    return placed;
}

}  // namespace shop
