// What anybody may look up and remark on: /items, /orders and /reviews by number, POST /reviews.
#pragma once

#include <functional>
#include <optional>

#include "shop/refusal.hpp"

namespace httplib {
class Server;
struct Request;
}  // namespace httplib
namespace SQLite {
class Database;
}

namespace shop {

template <typename Thing>
Thing found(const std::optional<Thing>& thing, const char* otherwise) {
    if (!thing) throw NotFound(otherwise);
    return *thing;
}

// Calls `work` once, with the connection of a session that is the request's own, and returns when
// that session has ended. Throws what `work` throws, else what the session throws. Several threads
// call it at once.
using InSession = std::function<void(const httplib::Request& request,
                                     const std::function<void(SQLite::Database&)>& work)>;

// Puts those that only look something up on `server`. Each replies when its session has ended.
void add_lookups(httplib::Server& server, const InSession& in_session);

// Puts all of them on `server`.
void add_catalogue(httplib::Server& server, const InSession& in_session);

// The same with an application, as lesson 04's Injector, that provides a `Session` for each
// request: `app.call(request, …)` calls a function that takes one. Copies of `app` are as good.
template <typename Session, typename App>
InSession in_session_of(const App& app) {
    return [app](const httplib::Request& request, const auto& work) {
        app.call(request, [&](Session& session) { work(session.connection()); });
    };
}

template <typename Session, typename App>
void add_lookups(httplib::Server& server, const App& app) {
    add_lookups(server, in_session_of<Session>(app));
}

template <typename Session, typename App>
void add_catalogue(httplib::Server& server, const App& app) {
    add_catalogue(server, in_session_of<Session>(app));
}

}  // namespace shop
