// An order on one connection from beginning to end:
// reserve, charge, confirm or release, as in lesson 08.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdio>
#include <exception>
#include <stdexcept>

#include "earlier/08_locked/reservations.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/refusal.hpp"
#include "unit_of_work.hpp"

namespace shop {

// No transaction is open while the bank thinks; the connection is kept. Throws NotFound, SoldOut,
// PaymentDeclined, BankUnreachable and SQLite::Exception; then nothing is taken from the stock.
inline Order place_order(SQLite::Database& connection, const NewOrder& order, Bank& bank) {
    const Order placed =
        unit_of_work(connection, [&](SQLite::Database&) { return reserve(connection, order); });
    const auto give_back = [&] {
        unit_of_work(connection, [&](SQLite::Database&) { release(connection, placed.id); });
    };
    Answer answer{};
    try {
        answer = bank.charge(order);
    } catch (...) {
        try {
            give_back();
        } catch (const std::exception& error) {  // and she is told what the bank did
            std::fprintf(stderr, "Order %lld stays reserved: %s\n",
                         static_cast<long long>(placed.id), error.what());
        }
        throw;
    }
    if (answer == Answer::declined) {
        give_back();
        throw PaymentDeclined();
    }
    unit_of_work(connection, [&](SQLite::Database&) {
        if (!confirm(connection, placed.id)) throw std::logic_error("paid, and not reserved");
    });
    return placed;
}

}  // namespace shop
