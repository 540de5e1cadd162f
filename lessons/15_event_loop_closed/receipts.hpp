// A receipt has the bank's number of the payment, for which the bank takes as long as for the
// payment itself. So it is written when the customer has long had her reply.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"

namespace shop {

// Asks the bank, and only then the pool for a connection. Throws what these two throw, and
// SQLite::Exception; then there is no receipt.
template <typename Pool>
void write_receipt(Pool& pool, const Order& order, Bank& bank) {
    const std::string reference = bank.reference({order.item_id, order.quantity, order.card});
    unit_of_work(pool, "receipt", [&](SQLite::Database& connection) {
        add_receipt(connection, order.id, reference);
    });
}

}  // namespace shop
