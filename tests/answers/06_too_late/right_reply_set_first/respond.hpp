// How every handler of this shop answers: what it returns becomes the reply.
#pragma once

#include <httplib.h>

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

// The reply is set in the scope and the scope ended before it leaves. When that fails, what was set
// is taken back, and the exception handler writes another.
template <typename... Ts, typename Handler>
void respond(const Injector<Ts...>& app, const httplib::Request& request,
             httplib::Response& response, Handler handler) {
    Scope<Ts...> scope(app, request);
    std::exception_ptr thrown;
    try {
        write_reply(response, scope.call(handler));
    } catch (...) {
        thrown = std::current_exception();
    }
    try {
        scope.leave(thrown);
    } catch (...) {
        response.headers.erase("Location");
        response.body.clear();
        throw;
    }
}

}  // namespace shop
