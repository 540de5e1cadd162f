// An order in three units of work, each with a session of its own, and none while the bank thinks.
// What became of it is written into the audit log.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <stdexcept>

#include "08_locked/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

// Throws NotFound, SoldOut, PaymentDeclined, BankUnreachable, PoolExhausted and SQLite::Exception.
template <typename Pool>
Order place_order(Pool& pool, const NewOrder& order, Bank& bank) {
    const char* const holder = "POST /orders";
    const Order placed = unit_of_work(
        pool, holder, [&](SQLite::Database& session) { return reserve(session, order); });
    const auto give_back = [&](const char* outcome) {
        unit_of_work(pool, holder, [&](SQLite::Database& session) {
            release(session, placed.id);
            add_audit(session, order, outcome);
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
    unit_of_work(pool, holder, [&](SQLite::Database& session) {
        if (!confirm(session, placed.id)) throw std::logic_error("paid, and not reserved");
        add_audit(session, order, "paid");
    });
    return placed;
}

}  // namespace shop
