// A unit of work on a connection of a pool, which opens one only when none is idle.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "earlier/05_forgotten_pragma/engine.hpp"

namespace shop {

// Thread safe. It must outlive what was borrowed from it.
class Pool {
 public:
    explicit Pool(Engine engine) : engine_(std::move(engine)) {}

    // An idle connection, or a new one. Nobody else has it until it is given back.
    std::unique_ptr<SQLite::Database> take() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                auto connection = std::move(idle_.back());
                idle_.pop_back();
                return connection;
            }
        }
        return std::make_unique<SQLite::Database>(engine_.connect());
    }

    void give_back(std::unique_ptr<SQLite::Database> connection) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(connection));
    }

 private:
    Engine engine_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<SQLite::Database>> idle_;
};

// Calls `work` with a connection, between BEGIN IMMEDIATE and COMMIT, and returns what it returned
// once that is durable. A connection goes back into the pool only after a COMMIT; when `work`
// throws, or the COMMIT fails, it is closed,
// everything is rolled back, and the exception comes out.
template <typename Work>
std::invoke_result_t<Work&, SQLite::Database&> unit_of_work(Pool& pool, Work work) {
    auto connection = pool.take();
    const auto do_and_commit = [&] {
        SQLite::Transaction transaction(*connection, SQLite::TransactionBehavior::IMMEDIATE);
        if constexpr (std::is_void_v<std::invoke_result_t<Work&, SQLite::Database&>>) {
            std::invoke(work, *connection);
            transaction.commit();
        } else {
            auto result = std::invoke(work, *connection);
            transaction.commit();
            return result;
        }
    };
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, SQLite::Database&>>) {
        do_and_commit();
        pool.give_back(std::move(connection));
    } else {
        auto result = do_and_commit();
        pool.give_back(std::move(connection));
        return result;
    }
}

}  // namespace shop
