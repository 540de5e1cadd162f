// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <httplib.h>

#include <exception>
#include <optional>

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

// Calls `handler` in a scope, leaves the scope, and writes the reply out of what was returned.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    Scope<Ts...> scope(app, request);
    const auto returned = [&] {
        try {
            return scope.call(handler);
        } catch (...) {
            scope.leave(std::current_exception());
            throw;
        }
    }();
    scope.leave(nullptr);
    write_reply(response, returned);
}

}  // namespace shop
