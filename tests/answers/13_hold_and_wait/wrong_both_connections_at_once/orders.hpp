// Rejected by: Four orders meet at the bank and all are paid
// Rejected by: A customer at the bank holds no connection
// Overlooks: Nobody holds and waits, and the shop serves two customers at a time.

// An order on its request's connection: reserve, charge, confirm or release, and a line in the
// audit log of what became of it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <mutex>
#include <optional>
#include <stdexcept>

#include "earlier/09_charged_twice/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

// The lines: "paid", "declined", "sold out", "no such item". No transaction is open while the bank
// thinks, or while a line is written. Throws SoldOut, NotFound, PaymentDeclined, what the bank
// throws (then the order stays reserved, because it may be paid: lesson 09), PoolExhausted and
// SQLite::Exception.
template <typename Pool>
Order place_order(Pool& pool, const NewOrder& order, Bank& bank) {
    // One order at a time takes both of its connections, so that nobody waits who has only one.
    static std::mutex mutex;
    std::unique_lock lock(mutex);
    const auto for_the_order = pool.acquire("POST /orders");
    const auto for_the_audit = pool.acquire("audit");
    lock.unlock();
    SQLite::Database& connection = *for_the_order;
    const auto write_line = [&](const char* outcome) {
        unit_of_work(*for_the_audit,
                     [&](SQLite::Database&) { add_audit(connection, order, outcome); });
    };
    Entry entry{};
    try {
        entry = unit_of_work(connection, [&](SQLite::Database&) {
            return reserve(connection, order, std::nullopt);
        });
    } catch (const SoldOut& refusal) {
        write_line(refusal.what());
        throw;
    } catch (const NotFound& refusal) {
        write_line(refusal.what());
        throw;
    }

    const Order& placed = entry.order;
    if (bank.charge(order, entry.payment) == Answer::declined) {
        unit_of_work(connection, [&](SQLite::Database&) { release(connection, placed.id); });
        write_line("declined");
        throw PaymentDeclined();
    }

    unit_of_work(connection, [&](SQLite::Database&) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
    });
    write_line("paid");
    return placed;
}

}  // namespace shop
