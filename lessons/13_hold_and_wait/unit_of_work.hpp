// A unit of work on a connection of its own: leased for it, and given back at its end.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <utility>

#include "earlier/10_exhaustion/unit_of_work.hpp"

namespace shop {

// Acquires a connection for `holder` and gives it back before it returns or throws; between the two
// it is unit_of_work(connection, work).
template <typename Pool, typename Work>
auto unit_of_work(Pool& pool, std::string holder, Work work) {
    const auto lease = pool.acquire(std::move(holder));
    return unit_of_work(*lease, std::move(work));
}

}  // namespace shop
