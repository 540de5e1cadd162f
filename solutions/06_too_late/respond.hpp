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
// `handler` returned: what a customer is told of has been committed. Throws what `handler` throws,
// else what the scope's set-ups and teardowns throw, and then leaves `response` as it was.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    const auto returned = app.call(request, handler);
    write_reply(response, returned);
}

}  // namespace shop
