// A unit of work on a session of its own: leased for it, and given back at its end.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

#include "10_exhaustion/unit_of_work.hpp"

// Acquires a session for `holder` and gives it back before it returns or throws; between the two
// it is unit_of_work(connection, work). Nobody calls it who has a session of that pool already: who
// holds one and waits for another may be waiting for himself.
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, std::string holder, Work work) {
    const auto lease = pool.acquire(std::move(holder));
    return unit_of_work(*lease, std::move(work));
}
