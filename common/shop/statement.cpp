#include "shop/statement.hpp"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

namespace shop {
namespace {

// Which connections keep their statements. Queries are given an SQLite::Database, and that carries
// nothing of ours. (From 3.44 on SQLite has sqlite3_set_clientdata for it.) Thread safe.
class Keepers {
 public:
    KeptStatements* of(sqlite3* connection) const {
        const std::shared_lock lock(mutex_);
        const auto found = by_connection_.find(connection);
        return found == by_connection_.end() ? nullptr : found->second;
    }
    void add(sqlite3* connection, KeptStatements* kept) {
        const std::lock_guard lock(mutex_);
        by_connection_.emplace(connection, kept);
    }
    void remove(sqlite3* connection) {
        const std::lock_guard lock(mutex_);
        by_connection_.erase(connection);
    }

 private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<sqlite3*, KeptStatements*> by_connection_;
};

Keepers& keepers() {
    static Keepers all;
    return all;
}

}  // namespace

KeptStatements::KeptStatements(SQLite::Database& connection) : connection_(connection.getHandle()) {
    keepers().add(connection_, this);
}

KeptStatements::~KeptStatements() {
    keepers().remove(connection_);
}

// One that is taken is not among those that are kept. So no two queries have the same.
SQLite::Statement KeptStatements::take(SQLite::Database& connection, const std::string& sql) {
    const auto kept = std::ranges::find(idle_, sql, &SQLite::Statement::getQuery);
    if (kept == idle_.end()) return SQLite::Statement(connection, sql);
    SQLite::Statement statement = std::move(*kept);
    idle_.erase(kept);
    return statement;
}

// Reset now, and not when it is taken again: a statement that runs holds its snapshot, and with it
// the log.
void KeptStatements::give_back(SQLite::Statement statement) noexcept try {
    statement.tryReset();  // its status is once more what the query was told
    statement.clearBindings();
    idle_.push_front(std::move(statement));
    if (idle_.size() > most) idle_.pop_back();
} catch (...) {  // then it is not kept
}

Statement::Statement(SQLite::Database& connection, const std::string& sql)
    : Statement(keepers().of(connection.getHandle()), connection, sql) {}

Statement::Statement(KeptStatements* kept, SQLite::Database& connection, const std::string& sql)
    : SQLite::Statement(kept != nullptr ? kept->take(connection, sql)
                                        : SQLite::Statement(connection, sql)),
      kept_(kept) {}

Statement::~Statement() {
    if (kept_ != nullptr) kept_->give_back(std::move(*this));
}

}  // namespace shop
