// Rejected by: Whoever writes between two statements of an order does not break it
// Overlooks: When the transaction has read something old, its statement is refused every time.

// Patience with a database that is busy: what was refused is done again.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <functional>
#include <type_traits>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Does a statement again as long as the database is busy, ten times at most.
template <typename Statement>
std::invoke_result_t<Statement&> patiently(Statement statement) {
    for (int attempts = 1;; ++attempts) {
        try {
            return std::invoke(statement);
        } catch (const SQLite::Exception& error) {
            if (error.getErrorCode() != SQLITE_BUSY || attempts == 10) throw;
        }
    }
}

// Like lesson 08's unit_of_work, but it locks nobody out before it has something to write: what is
// refused then is done again.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> patient_work(const Engine& engine, Work work) {
    SQLite::Database connection = engine.connect();
    SQLite::Transaction transaction(connection);
    auto result = std::invoke(work, connection);
    patiently([&] { transaction.commit(); });
    return result;
}

}  // namespace shop
