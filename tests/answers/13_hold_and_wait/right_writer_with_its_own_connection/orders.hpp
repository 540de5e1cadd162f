// An order in units of work that a writer does for it; while the bank thinks it has nothing. What
// became of it is in the audit log.
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
#include "writer.hpp"

namespace shop {

// Reserves, charges, and confirms or releases. An order that comes to an end leaves one line in the
// audit log, written in the unit of work that ends it: "paid", "declined", "the bank does not
// answer", "sold out" or "no such item".
//
// Throws SoldOut, NotFound, PaymentDeclined, what the bank throws, and SQLite::Exception.
inline Order place_order(Writer& writer, const NewOrder& order, Bank& bank) {
    const auto write = [&](auto work) { writer.write(std::move(work)); };
    const auto refuse = [&](const std::string& outcome) {
        write([&](SQLite::Database& connection) { add_audit(connection, order, outcome); });
    };
    Order placed{};
    try {
        write([&](SQLite::Database& connection) { placed = reserve(connection, order); });
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
