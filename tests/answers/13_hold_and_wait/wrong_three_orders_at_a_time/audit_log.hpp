// Rejected by: Four orders meet at the bank and all are paid
// Rejected by: A customer at the bank holds no connection
// Overlooks: The arithmetic is right, and the fourth customer waits for three banks.

// The audit log: one line for each order, also for those that fail.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>
#include <utility>

#include "earlier/11_dirty_or_stale/manager.hpp"
#include "earlier/12_pass_the_baton/pool.hpp"
#include "shop/goods.hpp"
#include "shop/queries.hpp"
#include "unit_of_work.hpp"

namespace shop {

// Thread safe. A line is a unit of work of its own, so that it survives a rollback of its order's.
class AuditLog {
 public:
    explicit AuditLog(std::shared_ptr<Pool<ConnectionManager>> pool) : pool_(std::move(pool)) {}

    // Committed when it returns. Throws PoolExhausted and SQLite::Exception.
    void write(const NewOrder& order, const std::string& outcome) const {
        unit_of_work(*pool_, "audit",
                     [&](SQLite::Database& connection) { add_audit(connection, order, outcome); });
    }

 private:
    std::shared_ptr<Pool<ConnectionManager>> pool_;
};

}  // namespace shop
