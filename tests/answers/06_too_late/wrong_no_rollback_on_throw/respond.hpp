// Rejected by: Every customer is told why and a declined card leaves nothing
// Overlooks: A handler that throws has to end its scope as well, with leave(current_exception()).
// Here the scope's destructor gives up the connection inside its transaction.

// How every handler of this shop answers:
// what it returns becomes the reply, when its scope has ended.
#pragma once

#include <httplib.h>

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

// Calls `handler` in a scope of its own, ends the scope, and only then writes a reply, out of what
// `handler` returned. Throws what `handler` throws, else what the teardowns throw.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    Scope<Ts...> scope(app, request);
    const auto returned = scope.call(handler);
    scope.leave(nullptr);
    write_reply(response, returned);
}

}  // namespace shop
