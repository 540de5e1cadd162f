// The receipts of accepted orders: written behind the reply, each on a connection of its own, and
// after a kill by the next shop.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <exception>
#include <string>
#include <vector>

#include "earlier/09_charged_twice/reservations.hpp"
#include "earlier/13_hold_and_wait/unit_of_work.hpp"
#include "earlier/15_event_loop_closed/tasks.hpp"
#include "shop/bank.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"

namespace shop {

// Thread safe. `pool` and `bank` outlive it.
template <typename Pool>
class Receipts {
 public:
    Receipts(Pool& pool, Bank& bank) : pool_(pool), bank_(bank) {}

    // Nobody waits for it. Throws TasksClosed.
    void write(const Order& order) {
        tasks_.submit([this, order] {
            try {
                const std::string reference =
                    bank_.reference({order.item_id, order.quantity, order.card});
                unit_of_work(pool_, holder, [&](SQLite::Database& connection) {
                    if (is_missing(connection, order.id))
                        add_receipt(connection, order.id, reference);
                });
            } catch (const std::exception&) {  // the next shop writes it
            }
        });
    }

    // For the orders that an earlier shop has accepted, before its end came.
    void write_missing() {
        for (const Entry& entry : unit_of_work(pool_, holder, without_receipt)) write(entry.order);
    }

    // Returns when all that was to be written is.
    void close() { tasks_.close(); }

 private:
    static constexpr const char* holder = "receipts";

    static bool is_missing(SQLite::Database& connection, Id order) {
        SQLite::Statement query(connection, "SELECT 1 FROM receipts WHERE order_id = ?");
        query.bind(1, order);
        return !query.executeStep();
    }

    static std::vector<Entry> without_receipt(SQLite::Database& connection) {
        SQLite::Statement query(connection,
                                "SELECT id, item_id, quantity, card, state, coalesce(request, ''), "
                                "payment FROM orders WHERE state = 'confirmed' AND id NOT IN "
                                "(SELECT order_id FROM receipts)");
        return read_entries(query);
    }

    Pool& pool_;
    Bank& bank_;
    Tasks tasks_;  // last: its work ends before the rest goes
};

}  // namespace shop
