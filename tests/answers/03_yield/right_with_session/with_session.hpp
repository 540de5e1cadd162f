// A session lent to a callback: committed when it returns,
// rolled back when it throws, closed in any case.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <functional>
#include <string>
#include <type_traits>

namespace shop {

class Session {
 public:
    explicit Session(const std::string& database)
        : connection_(database, SQLite::OPEN_READWRITE, busy_timeout_ms) {
        connection_.exec("BEGIN");
    }
    SQLite::Database& connection() { return connection_; }
    void commit() { connection_.exec("COMMIT"); }

 private:
    static constexpr int busy_timeout_ms = 5000;
    SQLite::Database connection_;
};

// Throws what `work` throws; the session, going with the scope, rolls back.
// Throws when the commit fails.
template <typename Work>
std::invoke_result_t<Work&, Session&> with_session(const std::string& database, Work work) {
    Session session(database);
    auto result = std::invoke(work, session);
    session.commit();
    return result;
}

}  // namespace shop
