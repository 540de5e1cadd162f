// Rejected by: Four orders meet at the bank and all are paid
// Rejected by: Four who are declined at once leave a line each
// Overlooks: An audit log with holes in it, and they are where the shop was busiest.

// The audit log: one line for each order, whatever became of it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
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

    // Waits for nobody. Throws SQLite::Exception.
    void write(const NewOrder& order, const std::string& outcome) const {
        try {
            const auto lease = pool_->acquire("audit", std::chrono::seconds(0));
            unit_of_work(*lease, [&](SQLite::Database& connection) {
                add_audit(connection, order, outcome);
            });
        } catch (const PoolExhausted&) {
            // The order is more important than its line.
        }
    }

 private:
    std::shared_ptr<Pool<ConnectionManager>> pool_;
};

}  // namespace shop
