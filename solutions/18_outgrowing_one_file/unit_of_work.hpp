// A unit of work on a connection of its own, in a transaction that is as if it were alone; done
// again from its beginning when PostgreSQL says that it was not.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <type_traits>

#include "postgres/connection.hpp"
#include "shop/refusal.hpp"
#include "step_aside.hpp"
#include "time/clock.hpp"

namespace shop {

// Whether it is nobody's fault and may well go better next time: others were in the way, or the
// connection was lost, or none could be had.
inline bool is_worth_another_try(const postgres::Error& error) {
    const std::string& state = error.sqlstate();
    return state == "40001" ||         // serialization_failure
           state == "40P01" ||         // deadlock_detected
           state == "55P03" ||         // lock_not_available
           state.starts_with("08") ||  // connection exceptions
           state.starts_with("57P");   // the server shuts down
}

// When it is enough. A try on a network that says nothing takes seconds itself, so that a number
// alone would be no bound.
struct Tries {
    int most = 20;
    std::chrono::seconds time{5};  // after which none is begun
    std::chrono::seconds wait{2};  // for a connection, in each
};

template <typename Work>
std::invoke_result_t<Work&, postgres::Connection&> in_transaction(postgres::Connection& connection,
                                                                  Work& work) {
    postgres::Transaction transaction(connection, "SERIALIZABLE");
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, postgres::Connection&>>) {
        std::invoke(work, connection);
        transaction.commit();
    } else {
        auto result = std::invoke(work, connection);
        transaction.commit();
        return result;
    }
}

// Calls `work` with a connection that was acquired for `holder`, between BEGIN and COMMIT, and
// returns what it returned once that is committed. It may call it several times, each time with
// everything taken back that it did before; and once more after a COMMIT that was done and whose
// answer was lost. So `work` does nothing but SQL, and what is done twice must be as if done once:
// what it adds has a name. Throws what `work` throws, and shop::Unavailable when it does not
// succeed in time.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, const std::string& holder, Work work, Tries tries = {}) {
    const auto end = Clock::of_the_process().now() + tries.time;
    for (int attempt = 1;; ++attempt) {
        try {
            const auto lease = pool.acquire(holder, tries.wait);
            return in_transaction(*lease, work);
        } catch (const postgres::Error& error) {
            if (!is_worth_another_try(error)) throw;
            if (attempt == tries.most || Clock::of_the_process().now() >= end) {
                throw Unavailable("too much is going on");
            }
        }
        step_aside(attempt);  // without a connection
    }
}

}  // namespace shop
