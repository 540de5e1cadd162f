// A handler's session: on a connection that a pool lends for as long as the request lasts.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <httplib.h>

#include <memory>
#include <string>
#include <utility>

#include "earlier/03_yield/scoped.hpp"

namespace shop {

// On a connection that is lent. In no transaction: the unit of work begins one (unit_of_work.hpp).
class Session {
 public:
    explicit Session(SQLite::Database& connection) : connection_(connection) {}
    SQLite::Database& connection() { return connection_; }

 private:
    SQLite::Database& connection_;
};

// The name of a request among the pool's leases: "GET /items" for GET /items/7, so that there are
// no more names than routes.
inline std::string holder_of(const httplib::Request& request) {
    return request.method + " " + request.path.substr(0, request.path.find('/', 1));
}

// Waits for a connection, and gives it back when the handler has returned or thrown.
template <typename Pool>
Scoped<Session> get_session(std::shared_ptr<Pool> pool, std::string holder) {
    const auto lease = pool->acquire(std::move(holder));
    Session session(*lease);
    co_yield session;
}

}  // namespace shop
