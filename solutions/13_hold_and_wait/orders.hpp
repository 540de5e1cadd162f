// An order in units of work, each with a connection of its own and an end; while the bank thinks it
// has none. What became of it is in the audit log.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "earlier/09_charged_twice/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

// Reserves, charges, and confirms or releases. An order that comes to an end leaves one line in the
// audit log, written in the unit of work that ends it: "paid", "declined", "sold out" or "no such
// item".
//
// The caller holds no connection of that pool: one that holds one and waits for another may be
// waiting for itself. Before the bank is asked it throws SoldOut, NotFound, PoolExhausted and
// SQLite::Exception; then nothing was taken. After it: PaymentDeclined, what the bank throws, and
// OutcomeUnknown. Except for PaymentDeclined the order then stays reserved, without a line, because
// it may be paid. It is settled later, by its payment's name (lesson 09).
template <typename Pool>
Order place_order(Pool& pool, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work) {
        return unit_of_work(pool, "POST /orders", std::move(work));
    };
    const auto refuse = [&](const std::string& outcome) {
        write([&](SQLite::Database& connection) { add_audit(connection, order, outcome); });
    };
    Entry entry{};
    try {
        entry = write(
            [&](SQLite::Database& connection) { return reserve(connection, order, std::nullopt); });
    } catch (const SoldOut& refusal) {
        refuse(refusal.what());
        throw;
    } catch (const NotFound& refusal) {
        refuse(refusal.what());
        throw;
    }

    const bool paid = bank.charge(order, entry.payment) == Answer::accepted;
    try {
        write([&](SQLite::Database& connection) {
            const Id id = entry.order.id;
            const bool is_ended = paid ? confirm(connection, id) : release(connection, id);
            if (!is_ended) throw std::logic_error("not reserved any more");
            add_audit(connection, order, paid ? "paid" : "declined");
        });
    } catch (const std::exception& error) {  // "come again" may be in it
        throw OutcomeUnknown(error.what());
    }
    if (!paid) throw PaymentDeclined();
    return entry.order;
}

}  // namespace shop
