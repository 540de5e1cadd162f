// What shops have left behind is brought to its end by one that is there.
#pragma once

#include <vector>

#include "postgres/orders.hpp"
#include "shop/refusal.hpp"
#include "time/rounds.hpp"

namespace postgres {

// One round: calls `settle` with each order that was left unfinished, because its shop was killed,
// or the database was away for too long. Any shop may do it, and two at the same time. `Pool` is any
// type that lends connections; none is held meanwhile.
template <typename Pool, typename Settle>
void sweep(Pool& pool, shop::Rounds& rounds, Settle settle) {
    const auto look = [&pool] {
        const auto lease = pool.acquire("sweeper");
        return left_reserved(*lease);
    };
    rounds.attempt("To look for open orders", [&] {
        for (const Entry& entry : look()) {
            rounds.attempt("To settle an order", [&] {
                try {
                    settle(entry);
                } catch (const shop::PaymentDeclined&) {  // an end like any other
                }
            });
        }
    });
}

}  // namespace postgres
