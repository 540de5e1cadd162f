// An order on its request's connection: reserve, charge, confirm or release, and a line in the
// audit log of what became of it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <stdexcept>

#include "audit_log.hpp"
#include "earlier/09_charged_twice/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

// The lines: "paid", "declined", "sold out", "no such item". No transaction is open while the bank
// thinks, or while a line is written. Throws SoldOut, NotFound, PaymentDeclined, what the bank
// throws (then the order stays reserved, because it may be paid: lesson 09), PoolExhausted and
// SQLite::Exception.
inline Order place_order(SQLite::Database& connection, const AuditLog& audit, const NewOrder& order,
                         Bank& bank) {
    Entry entry{};
    try {
        entry = unit_of_work(connection, [&](SQLite::Database&) {
            return reserve(connection, order, std::nullopt);
        });
    } catch (const SoldOut& refusal) {
        audit.write(order, refusal.what());
        throw;
    } catch (const NotFound& refusal) {
        audit.write(order, refusal.what());
        throw;
    }

    const Order& placed = entry.order;
    if (bank.charge(order, entry.payment) == Answer::declined) {
        unit_of_work(connection, [&](SQLite::Database&) { release(connection, placed.id); });
        audit.write(order, "declined");
        throw PaymentDeclined();
    }

    unit_of_work(connection, [&](SQLite::Database&) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
    });
    audit.write(order, "paid");
    return placed;
}

}  // namespace shop
