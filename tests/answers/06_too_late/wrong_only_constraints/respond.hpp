// Rejected by: A commit that the database refuses is not told as a success
// Overlooks: A constraint is one reason for which a commit fails. A full disk or an I/O error is
// another, and here it goes into the log while the customer reads 201.

// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <httplib.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <cstdio>
#include <exception>

#include "earlier/04_depends/depends.hpp"
#include "http/json.hpp"

namespace shop {

// What a handler returns when it has made something: the reply is 201 and says where to find it.
template <typename Thing>
struct Created {
    Thing thing;
};
template <typename Thing>
Created(Thing) -> Created<Thing>;

template <typename Thing>
void write_reply(httplib::Response& response, const Thing& thing) {
    http::reply(response, thing);
}

template <typename Thing>
void write_reply(httplib::Response& response, const Created<Thing>& created) {
    http::reply_created(response, created.thing);
}

// Calls `handler` in a scope of its own, writes a reply out of what it returned, and ends the scope
// before the reply leaves. Throws what `handler` throws, and what the database forbids.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    Scope<Ts...> scope(app, request);
    try {
        write_reply(response, scope.call(handler));
    } catch (...) {
        scope.leave(std::current_exception());
    }
    try {
        scope.leave(nullptr);
    } catch (const SQLite::Exception& error) {
        if (error.getErrorCode() == SQLITE_CONSTRAINT) throw;
        std::fprintf(stderr, "%s\n", error.what());
    }
}

}  // namespace shop
